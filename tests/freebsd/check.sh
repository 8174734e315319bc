#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# On a running FreeBSD, as root, on a machine that is there for nothing else:
# what portowner and portownerd say of its sockets, against sockstat(1).  Needs
# an installed PortOwner, its user, and Net-SNMP's snmpd and snmpwalk.  Prints
# a line for each check, and at last "check.sh ends with 0" if all passed.
set -u
within=
export PATH="$PATH:/usr/local/bin:/usr/local/sbin" MIBS=
root=1.3.6.1.4.1.8072.9999.9999.20559
work=$(mktemp -d /tmp/check.XXXXXX) && chmod 755 "$work" && cd "$work" || exit 2
status=0

is()
{
	what=$1
	shift
	if "$@" >said 2>&1; then
		echo "passed   $what"
	else
		echo "FAILED   $what"
		tail -n 20 said | sed 's/^/    /'
		status=1
	fi
}

soon()
{
	tries=60
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] && sleep 1 || return
	done
}

# Both print: user, command, pid, protocol, local and remote end.
sockstat_rows()
{
	awk '$1 != "USER" && $6 !~ /:\*$/ {
		print $1, $2, $3, $5, $6, $7 }' | sort -u
}

# What no process holds can have no socket, and then sockstat has no line.
portowner_rows()
{
	awk -v stack="$1" '
	function of(key) {
		if (!match($0, "\"" key "\":(\"[^\"]*\"|[^,}]*)"))
			return ""
		text = substr($0, RSTART + length(key) + 3,
		    RLENGTH - length(key) - 3)
		gsub(/"/, "", text)
		return text
	}
	function end(address, port) {
		sub(/%.*/, "%lo0", address)
		sub(/^(0\.0\.0\.0|::)$/, "*", address)
		return address == "null" ? "*:*" : address ":" port
	}
	/^{"stack"/ && of("stack") == stack && of("protocol") != "raw" {
		who = of("user") " " of("command") " " of("pid")
		if (of("pid") == 0) {
			if (of("state") ~ /TIME_WAIT|SYN_RECV/)
				next
			who = "? ? ?"
		}
		at = of("local_address")
		family = at == "*" ? "46" : at ~ /:/ ? "6" : "4"
		print who, of("protocol") family, end(at, of("local_port")),
		    end(of("remote_address"), of("remote_port"))
	}' | sort -u
}

# same USER JAIL STACK SOURCE AT-LEAST-SO-MANY
same()
{
	$within su -m "$1" -c "sockstat -46 ${2:+-j $2}" | sockstat_rows >theirs
	$within su -m "$1" -c "portowner -a --json --source $4" >json
	portowner_rows "$3" <json >ours
	[ "$(wc -l <theirs)" -ge "$5" ] && diff theirs ours
}

# within JAIL COMMAND...: the same, asked by what is in a jail.
within()
{
	within="jexec $1"
	shift
	soon "$@"
	set -- $?
	within=
	return "$1"
}

# get OBJECT
get()
{
	snmpget -v2c -c public -Oqv 127.0.0.1 "$root.1.1.$1.0"
}

# walk USER SOURCE AT-LEAST-SO-MANY VISIBILITY: the owners in a walk, by stack,
# protocol, port and pid, are those of the command line.
walk()
{
	su -m "$1" -c "portowner -a --json --source $2" | tr -d '"{}' |
	    awk -F '[:,]' '
	BEGIN { number["tcp"] = 6; number["udp"] = 17; number["raw"] = 255
		number["sctp"] = 132 }
	$1 == "stack" {
		match($0, /,pid:[0-9]*/)
		pid = RLENGTH > 5 ? substr($0, RSTART + 5, RLENGTH - 5) : 0
		match($0, /,local_port:[0-9]*/)
		port = substr($0, RSTART + 12, RLENGTH - 12)
		print $2, number[$4], port, pid
	}' | sort -u >ours
	snmpwalk -v2c -c public -On -t 10 127.0.0.1 $root.1.2.1.10 |
	    sed "s/ .*//" | awk -F . '{ print $16, $17, $18, $NF }' |
	    sort -u >theirs
	[ "$(wc -l <theirs)" -ge "$3" ] && diff theirs ours &&
	    get 7 | grep -qx "$4"
}

# Capability mode, and nothing of the kernel's memory.
agent_is_confined()
{
	agent=$(pgrep -U portowner portownerd) && procstat -f "$agent" >said &&
	    ! grep mem said && procstat -s "$agent" | grep ' C '
}

ended()
{
	! pgrep portownerd && [ ! -e /var/run/portowner/collector.sock ]
}

# Whoever asks while jails come and go is not told that he may not see them.
jails_end()
{
	for round in $(jot 25); do
		echo "round $round"
		jail -c name=ending path=/ vnet persist
		jail -r ending
	done >rounds &
	: >gaps
	while kill -0 $!; do
		portowner -a --source sysctl 2>&1 >/dev/null |
		    grep 'could not be looked into' >>gaps
		snmpwalk -v2c -c public 127.0.0.1 $root.1.2.1.10 >seen ||
		    return
		echo "visibility $(get 7)" >>gaps
	done
	cat gaps
	[ "$(wc -l <gaps)" -ge 5 ] && ! grep -v 'visibility 1' gaps
}

# user_agent MASTER: of a user that has no rights.
user_agent()
{
	rm -rf "$work/user" && mkdir "$work/user" &&
	    echo "collectorSocket $work/user/sock
stateFile $work/user/state" >"$work/user/conf" &&
	    chown -R nobody "$work/user" || return
	su -m nobody -c "exec portownerd -C -c $work/user/conf -x $1 \
	    -Lf $work/user/log -p $work/user/pid"
}

end_user_agent()
{
	kill "$(cat "$work/user/pid")" && soon ended
}

# listen_in JAIL: by root and by another user, with a connection.
listen_in()
{
	for family in -4 -6; do
		$1 nc $family -l 4001 </dev/null &
		$1 nc $family -lu 4002 </dev/null &
		$1 su -m nobody -c "exec nc $family -l 4003" </dev/null &
	done
	soon sh -c "$1 sockstat -46l | grep -c :400 | grep -qx 6" &&
	    sleep 600 | $1 nc 127.0.0.1 4003 &
}

echo 'agentaddress udp:127.0.0.1:161
rocommunity public
master agentx
agentXSocket /var/agentx/master,tcp:127.0.0.1:705
agentXPerms 0770 0755 root nobody' >snmpd.conf
mkdir -p /var/agentx
jail -c name=check path=/ vnet persist && jexec check ifconfig lo0 127.0.0.1 up
jail=$(jls -j check jid)
jail -c name=plain path=/ ip4=inherit ip6=inherit persist
jexec plain nc -l 4004 </dev/null &
jexec plain su -m nobody -c "exec nc -lu 4005" </dev/null &
listen_in ""
listen_in "jexec check"
is "snmpd starts" snmpd -C -c "$work/snmpd.conf" -Lf "$work/snmpd.log"
is "portownerd starts" portownerd -Lf "$work/log" -p "$work/pid"
is "rows as sockstat's" soon same root "" 0 sysctl 10
is "of the collector" soon same root "" 0 socket 10
is "of a jail's stack" soon same root "$jail" "$jail" sysctl 7
is "of a user" soon same nobody "" 0 sysctl 10
is "asked in a jail" within plain same root "" 0 sysctl 2
is "asked in a jail with a stack" within check same root "" 0 sysctl 7
is "a jail is named" sh -c 'portowner --source sysctl | grep "4004.* plain$"'
is "of a walk" soon walk root socket 14 1
is "jails end meanwhile" jails_end
is "others are hidden" sysctl security.bsd.see_other_uids=0
is "of a user who sees his alone" soon same nobody "" 0 sysctl 3
is "of root all the same" soon same root "" 0 sysctl 10
is "it says that others are hidden" sh -c \
    'su -m nobody -c "portowner --source sysctl" 2>&1 | grep see_other_uids'
is "the agent is confined" agent_is_confined
is "it is reloaded" sh -c 'kill -HUP "$(cat pid)"'
is "and answers" soon walk root socket 14 1
is "it ends" sh -c 'kill "$(cat pid)"'
is "and leaves nothing" soon ended
for master in tcp:127.0.0.1:705 /var/agentx/master; do
	is "a user's starts at $master" user_agent "$master"
	is "and shows what is his" soon walk nobody sysctl 3 2
	is "and says that others are hidden" grep see_other_uids user/log
	is "and ends" end_user_agent
done
echo "check.sh ends with $status"
exit "$status"
