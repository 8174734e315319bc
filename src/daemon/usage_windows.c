/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd.exe --help.
 */
#include "daemon/options.h"

void
po_daemon_usage(FILE *out)
{
	fputs("usage: portownerd [OPTION...] [-x ADDRESS | "
	      "--standalone ADDRESS]\n"
	      "\n"
	      "Tells over SNMP which process owns which port "
	      "(PORT-OWNER-MIB).\n"
	      "\n"
	      "  -x, --master ADDRESS   AgentX master: tcp:HOST:PORT\n"
	      "                         (default tcp:127.0.0.1:705)\n"
	      "      --standalone ADDRESS\n"
	      "                         answer SNMP without any snmpd, for "
	      "example\n"
	      "                         udp:127.0.0.1:1161; portowner.conf "
	      "needs a\n"
	      "                         rocommunity or a user\n"
	      "  -c, --config FILE      read this configuration, too\n"
	      "  -C                     do not read the default "
	      "configuration\n"
	      "  -f, --foreground       do not ask whether this is a service\n"
	      "  -p, --pid-file FILE    write the process id to FILE\n"
	      "  -L LOG                 where to log: o (standard output), e "
	      "(error),\n"
	      "                         f FILE, s d (Event Log); a service "
	      "logs to the\n"
	      "                         Event Log, a program to standard "
	      "error\n"
	      "  -V, --version          print the version\n"
	      "  -h, --help             print this\n"
	      "\n"
	      "See portownerd(8) and portowner.conf(5).\n",
	    out);
}
