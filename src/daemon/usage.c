/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd --help.
 */
#include "daemon/options.h"

void
po_daemon_usage(FILE *out)
{
	fputs("usage: portownerd [OPTION...] [-x ADDRESS | "
	      "--standalone ADDRESS | --collector]\n"
	      "\n"
	      "Tells over SNMP which process owns which port "
	      "(PORT-OWNER-MIB).\n"
	      "\n"
	      "  -x, --master ADDRESS   AgentX master: unix:PATH or "
	      "tcp:HOST:PORT\n"
	      "                         (default unix:/var/agentx/master)\n"
	      "      --standalone ADDRESS\n"
	      "                         answer SNMP without any snmpd, for "
	      "example\n"
	      "                         udp:127.0.0.1:1161; portowner.conf "
	      "needs a\n"
	      "                         rocommunity or a user\n"
	      "      --collector        collect only, for portowner.so in "
	      "snmpd and for\n"
	      "                         portowner(1)\n"
	      "  -u, --user USER        run as USER (default portowner)\n"
	      "  -g, --group GROUP      run with GROUP (default the user's)\n"
	      "  -c, --config FILE      read this configuration, too\n"
	      "  -C                     do not read the default "
	      "configuration\n"
	      "  -f, --foreground       do not go into the background\n"
	      "  -p, --pid-file FILE    write the process id to FILE\n"
	      "  -L LOG                 where to log: o (standard output), e "
	      "(error),\n"
	      "                         f FILE, s FACILITY (syslog); default "
	      "s d, with\n"
	      "                         -f standard error\n"
	      "      --pin-bpf          leave the programs of the source bpf "
	      "in the kernel,\n"
	      "                         for members of the group, end\n"
	      "      --profile-refresh N\n"
	      "                         collect N times, print what it cost "
	      "as JSON, end\n"
	      "  -V, --version          print the version\n"
	      "  -h, --help             print this\n"
	      "\n"
	      "See portownerd(8) and portowner.conf(5).\n",
	    out);
}
