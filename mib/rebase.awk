# SPDX-License-Identifier: BSD-2-Clause
#
# Print the MIB module with its root at another OID:
#
#	awk -v root=1.3.6.1.4.1.99999.7 -f rebase.awk PORT-OWNER-MIB.txt
#
# Two places of the module say where the root is: the name that it
# imports and the value of its MODULE-IDENTITY.  Only these change.  The
# root that the module has as it stands leaves every octet as it is.
# Nothing is printed, and the status is 1, if the OID is no fit place for
# the module, or if the module has not exactly one of each place.

BEGIN {
	HOME = "1.3.6.1.4.1.8072.9999.9999.20559"
	ANCHOR = "{ netSnmpPlaypen 20559 }"
	IMPORT = "netSnmpPlaypen FROM NET-SNMP-MIB"
	BASE = "MODULE-IDENTITY, OBJECT-TYPE,"

	MIN_ARCS = 7		# 1.3.6.1.4.1.N
	# What Net-SNMP reads in one value.  The rows need less room: at
	# most 53 sub-identifiers below the root, of 128 (RFC 2578, 3.5).
	MAX_ARCS = 31
	# Strings: not every awk prints such numbers as they are.
	MAX_ARC = "4294967295"
	# What Net-SNMP reads from a module without mistaking its sign.
	MAX_NET_SNMP_ARC = "2147483647"

	failed = 0
	lines = anchors = imports = bases = 0
	sub(/^\./, "", root)
	if (!check(root))
		exit 1
	if (root != HOME && !place())
		exit 1
}

{
	line[++lines] = $0
	if (index($0, ANCHOR))
		anchors++
	if (index($0, IMPORT))
		imports++
	if (index($0, BASE))
		bases++
}

END {
	if (failed)
		exit 1
	if (anchors != 1 || imports != 1 || bases != 1) {
		fail("this is not the module that I know: it has " \
		    anchors " times '" ANCHOR "', " \
		    imports " times '" IMPORT "', " \
		    bases " times '" BASE "', and should have each once")
		exit 1
	}
	for (n = 1; n <= lines; n++) {
		if (root == HOME)
			print line[n]
		else if (index(line[n], IMPORT))
			continue
		else if (index(line[n], BASE))
			print replace(line[n], BASE, BASE parent_import)
		else
			print replace(line[n], ANCHOR, value)
	}
}

function warn(text)
{
	print "rebase.awk: " text | "cat 1>&2"
	close("cat 1>&2")
}

function fail(text)
{
	warn(text)
	failed = 1
	return 0
}

# s with the first old in it replaced, neither being a pattern.
function replace(s, old, new,    at)
{
	at = index(s, old)
	if (at == 0)
		return s
	return substr(s, 1, at - 1) new substr(s, at + length(old))
}

# Longer numbers are not converted: they would lose digits.
function above(number, limit)
{
	return length(number) > 10 || number + 0 > limit + 0
}

# Split the OID into arc[1..arcs]; 0 if it is no fit root.
function check(oid,    i)
{
	if (oid == "")
		return fail("no root given: use -v root=OID, in numbers")
	if (oid !~ /^[0-9.]*$/)
		return fail("root '" oid "' is not an OID in numbers")
	arcs = split(oid, arc, ".")
	for (i = 1; i <= arcs; i++) {
		if (arc[i] == "")
			return fail("root '" oid "': number " i " is missing")
		if (arc[i] ~ /^0./)
			return fail("root '" oid "': '" arc[i] \
			    "' has a leading zero")
		if (i > 1 && arc[i] == "0")
			return fail("root '" oid "': SMIv2 allows no 0 here")
		if (above(arc[i], MAX_ARC))
			return fail("root '" oid "': '" arc[i] \
			    "' is above " MAX_ARC)
	}
	if (arcs < MIN_ARCS)
		return fail("root '" oid "' has " arcs \
		    " numbers, and should have at least " MIN_ARCS)
	if (arcs > MAX_ARCS)
		return fail("root '" oid "' has " arcs \
		    " numbers, and should have at most " MAX_ARCS)
	if (above(arc[1], 2))
		return fail("root '" oid "': the first number is 0, 1 or 2")
	if (arc[1] < 2 && above(arc[2], 39))
		return fail("root '" oid "': after 0 or 1, the second" \
		    " number is at most 39")
	# BER packs the first two into one sub-identifier, 40 * X + Y.
	if (above(arc[2], MAX_ARC - 80))
		return fail("root '" oid "': the second number is too large")
	for (i = 1; i <= arcs; i++)
		if (above(arc[i], MAX_NET_SNMP_ARC))
			warn("warning: Net-SNMP cannot read '" arc[i] \
			    "' from a module: it is above " MAX_NET_SNMP_ARC)
	return 1
}

# Express the root by the name that SNMPv2-SMI, or ASN.1 itself, has for
# its start: sets value, and parent_import to what must be imported.
function place()
{
	parent_import = ""
	if (starts("1.3.6.1.4.1."))
		return below("enterprises", 6, 1)
	if (starts("1.3.6.1.3."))
		return below("experimental", 5, 1)
	if (starts("1.3.6.1."))
		return fail("root '" root "' is where the IETF puts its own" \
		    " modules; take one under 1.3.6.1.4.1 (enterprises)" \
		    " or 1.3.6.1.3 (experimental)")
	if (starts("1.3.6."))
		return below("dod", 3, 1)
	if (starts("1.3."))
		return below("org", 2, 1)
	if (starts("2."))
		return below("joint-iso-ccitt", 1, 0)
	return below(starts("1.") ? "iso" : "ccitt", 1, 0)
}

function starts(prefix)
{
	return index(root, prefix) == 1
}

# The value is parent, which stands for the first known arcs, and the
# others.  All but the last need a label, or they would be nodes without a
# name, of which smilint warns.
function below(parent, known, imported,    i)
{
	if (imported)
		parent_import = " " parent ","
	value = "{ " parent
	for (i = known + 1; i < arcs; i++)
		value = value " portOwnerArc" i "(" arc[i] ")"
	value = value " " arc[arcs] " }"
	return 1
}
