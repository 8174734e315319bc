# SPDX-License-Identifier: BSD-2-Clause
# What PortOwner's configure asks for.

# PO_MISSING(WHAT, DEBIAN, FEDORA, ALPINE, ARCH)
# Ends configure with the names of the packages that have WHAT.
AC_DEFUN([PO_MISSING], [AC_MSG_ERROR([$1 is missing. It is in the package
    $2 (Debian, Ubuntu), $3 (Fedora), $4 (Alpine), $5 (Arch)])])

# PO_ARG_OID_ROOT
# --with-oid-root moves the MIB module and the code together.
AC_DEFUN([PO_ARG_OID_ROOT], [
AC_ARG_WITH([oid-root], [AS_HELP_STRING([--with-oid-root=OID],
    [root of PORT-OWNER-MIB @<:@1.3.6.1.4.1.8072.9999.9999.20559@:>@])],
    [], [with_oid_root=1.3.6.1.4.1.8072.9999.9999.20559])
PO_OID_ROOT=`AS_ECHO(["$with_oid_root"]) | $SED 's/^\.//'`
AS_IF([$AWK -v root="$PO_OID_ROOT" -f "$srcdir/mib/rebase.awk" \
    "$srcdir/mib/PORT-OWNER-MIB.txt" >/dev/null], [],
    [AC_MSG_ERROR([--with-oid-root=$with_oid_root cannot be the root of the MIB])])
AC_SUBST([PO_OID_ROOT])
])

# PO_COMPILER_WARNINGS
# --enable-werror is for those who work on the sources.
AC_DEFUN([PO_COMPILER_WARNINGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror],
    [warnings are errors])], [], [enable_werror=no])
PO_CFLAGS="-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla"
AS_IF([test "$enable_werror" = yes], [PO_CFLAGS="$PO_CFLAGS -Werror"])
AC_SUBST([PO_CFLAGS])
])

# PO_SANITIZERS
AC_DEFUN([PO_SANITIZERS], [
AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
    [build with the address and undefined behaviour sanitizers])],
    [], [enable_sanitizers=no])
po_sanitizers=no
AS_IF([test "$enable_sanitizers" = yes], [
    po_sanitizers="address, undefined"
    PO_CFLAGS="$PO_CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
    PO_LDFLAGS="-fsanitize=address,undefined"
    po_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -fsanitize=address,undefined"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [],
	[AC_MSG_ERROR([$CC cannot link with sanitizers (libasan, libubsan)])])
    CFLAGS=$po_saved_cflags])
AC_SUBST([PO_LDFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])
])

# PO_FIND_LOCAL_SOCKETS, PO_LOCAL_SOCKETS
# How this system makes memory that several processes share, and how it tells
# who is at the other end of a local socket (src/broker).
AC_DEFUN([PO_FIND_LOCAL_SOCKETS], [
AC_CHECK_FUNCS([accept4])
AC_CHECK_FUNC([memfd_create], [po_share=memfd],
    [AC_CHECK_DECL([SHM_ANON], [po_share=shm], [po_share=file],
	[[#include <sys/types.h>
#include <sys/mman.h>]])])
AC_CHECK_DECL([SO_PEERCRED], [po_peer=linux],
    [AC_CHECK_DECL([LOCAL_PEERCRED], [po_peer=xucred],
	[AC_CHECK_FUNC([getpeerucred], [po_peer=ucred],
	[AC_MSG_ERROR([this system does not tell who is at the other end of a
    local socket in a way that src/broker/peer.h has])])],
	[[#include <sys/types.h>
#include <sys/un.h>]])],
    [[#include <sys/socket.h>]])
])
AC_DEFUN([PO_LOCAL_SOCKETS], [
AM_CONDITIONAL([SHARE_MEMFD], [test "$po_share" = memfd])
AM_CONDITIONAL([SHARE_SHM], [test "$po_share" = shm])
AM_CONDITIONAL([SHARE_FILE], [test "$po_share" = file])
AM_CONDITIONAL([PEER_LINUX], [test "$po_peer" = linux])
AM_CONDITIONAL([PEER_UCRED], [test "$po_peer" = ucred])
AM_CONDITIONAL([PEER_XUCRED], [test "$po_peer" = xucred])
])

# PO_ASK_NET_SNMP_CONFIG
# It tells of folders as the system it is for has them, which for another system
# than this one are in the sysroot, where they are there.
AC_DEFUN([PO_ASK_NET_SNMP_CONFIG], [
po_net_snmp_version=`$NET_SNMP_CONFIG --version` ||
    AC_MSG_ERROR([$NET_SNMP_CONFIG (NET_SNMP_CONFIG) does not run])
NET_SNMP_CFLAGS=`$NET_SNMP_CONFIG --base-cflags`
NET_SNMP_LIBS=`$NET_SNMP_CONFIG --netsnmp-agent-libs |
    $SED 's/-lnetsnmpmibs//'`
AS_IF([test -n "$po_sysroot"], [
    po_words=
    for po_word in $NET_SNMP_CFLAGS : $NET_SNMP_LIBS; do
	po_folder=`AS_ECHO(["$po_word"]) | $SED -n 's,^-@<:@IL@:>@/,/,p'`
	AS_IF([test -n "$po_folder" && test -d "$po_sysroot$po_folder"],
	    [po_word=`AS_ECHO(["$po_word"]) | $SED 's,/.*,,'`$po_sysroot$po_folder])
	po_words="$po_words $po_word"
    done
    NET_SNMP_CFLAGS=${po_words%% : *}
    NET_SNMP_LIBS=${po_words#* : }])
])

# PO_PASS_MOVED_LIBRARIES
# What libtool's files (*.la) say of a library that was moved, into a sysroot,
# is wrong there, and libtool fails: it is not to find them.
AC_DEFUN([PO_PASS_MOVED_LIBRARIES], [
po_words=
for po_word in $NET_SNMP_LIBS; do
    po_folder=`AS_ECHO(["$po_word"]) | $SED -n 's/^-L//p'`
    po_file=$po_folder/libnetsnmp.la
    AS_IF([test -n "$po_folder" && test -f "$po_file" &&
	! grep "^libdir='$po_folder'" "$po_file" >/dev/null],
	[po_word=-Wl,$po_word])
    po_words="$po_words $po_word"
done
NET_SNMP_LIBS=$po_words
])

# PO_NET_SNMP
# The agent's libraries: as the variables say, else by pkg-config, else by
# net-snmp-config; when cross-compiling, where both tell of this
# system, from /usr/local beside the compiler's own headers.  The library
# with Net-SNMP's own MIB modules is not needed.
AC_DEFUN([PO_NET_SNMP], [
AC_ARG_VAR([NET_SNMP_CONFIG], [path of net-snmp-config])
AC_ARG_VAR([NET_SNMP_CFLAGS], [C compiler flags for Net-SNMP])
AC_ARG_VAR([NET_SNMP_LIBS], [linker flags for Net-SNMP's agent library])
po_net_snmp_version=
po_sysroot=
AS_IF([test "$cross_compiling" = yes],
    [po_sysroot=`$CC $CPPFLAGS $CFLAGS -E -v -x c /dev/null 2>&1 |
	$SED -n 's,^ \(.*\)/usr/include$,\1,p' | $SED 1q`])
AS_IF([test -n "$NET_SNMP_CFLAGS$NET_SNMP_LIBS"], [],
    [test -n "$NET_SNMP_CONFIG"], [PO_ASK_NET_SNMP_CONFIG],
    [test "$cross_compiling" = yes &&
	test -z "$PKG_CONFIG_LIBDIR$PKG_CONFIG_SYSROOT_DIR"],
    [po_local=$po_sysroot/usr/local
    AS_IF([test -f "$po_local/include/net-snmp/net-snmp-config.h"],
	[po_net_snmp_version=`"$po_local/bin/net-snmp-config" --version \
	    2>/dev/null`
	NET_SNMP_CFLAGS="-I$po_local/include"
	NET_SNMP_LIBS="-L$po_local/lib -lnetsnmpagent -lnetsnmp"])],
    [PKG_CHECK_EXISTS([netsnmp-agent >= 5.7], [
    po_net_snmp_version=`$PKG_CONFIG --modversion netsnmp-agent`
    NET_SNMP_CFLAGS=`$PKG_CONFIG --cflags netsnmp-agent netsnmp`
    NET_SNMP_LIBS="`$PKG_CONFIG --libs-only-L netsnmp-agent netsnmp` -lnetsnmpagent -lnetsnmp"], [
    AC_PATH_TOOL([NET_SNMP_CONFIG], [net-snmp-config])
    AS_IF([test -n "$NET_SNMP_CONFIG"], [PO_ASK_NET_SNMP_CONFIG])])])
PO_PASS_MOVED_LIBRARIES
po_saved_cppflags=$CPPFLAGS
po_saved_libs=$LIBS
CPPFLAGS="$CPPFLAGS $NET_SNMP_CFLAGS"
NET_SNMP_LIBS=${NET_SNMP_LIBS:--lnetsnmpagent -lnetsnmp}
AC_MSG_CHECKING([for Net-SNMP's agent library])
po_found=no
# Static libraries do not say what they need besides.
for po_more in '' -lkvm -lcrypto '-lkvm -lcrypto'; do
    AS_IF([test $po_found = yes], [break])
    LIBS="$NET_SNMP_LIBS $po_more $po_saved_libs"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
]], [[init_agent("x");]])], [po_found=yes
	NET_SNMP_LIBS="$NET_SNMP_LIBS${po_more:+ $po_more}"])
done
AS_IF([test $po_found = yes], [AC_MSG_RESULT([${po_net_snmp_version:-yes}])],
    [AC_MSG_RESULT([no])
    AS_IF([test "$cross_compiling" = yes],
	[AC_MSG_ERROR([there is no Net-SNMP for $host.
    It is looked for in $po_sysroot/usr/local, beside the compiler's headers.
    NET_SNMP_CONFIG says where its own net-snmp-config is, not that of this
    system, or NET_SNMP_CFLAGS and NET_SNMP_LIBS say what takes its place.
    What was tried: $NET_SNMP_CFLAGS $NET_SNMP_LIBS
    The compiler's own message is in config.log.])])
    PO_MISSING([Net-SNMP with its agent library], [libsnmp-dev],
	[net-snmp-devel], [net-snmp-dev], [net-snmp])])
# Where the library looks for files is where portowner(1) does without it.
AC_MSG_CHECKING([where Net-SNMP looks for its configuration])
AC_LANG_CONFTEST([AC_LANG_SOURCE([[#include <net-snmp/net-snmp-config.h>
po_folders SNMPCONFPATH ":" SNMPSHAREPATH ":" SNMPLIBPATH]])])
# Compilers break the line where a macro of a system's header ends.
po_folders=`$CC -E $CPPFLAGS conftest.$ac_ext 2>/dev/null |
    $SED '/^#/d' | tr -d '" \n' | $SED 's/.*po_folders//'`
AS_CASE([$po_folders], [/*SNMP*|[[!/]]*|''],
    [po_folders=/etc/snmp:/usr/share/snmp:/usr/lib/snmp])
AC_MSG_RESULT([$po_folders])
AC_DEFINE_UNQUOTED([PO_CONFIG_FOLDERS], ["$po_folders"],
    [Folders with Net-SNMP's configuration, colons between.])
CPPFLAGS=$po_saved_cppflags
LIBS=$po_saved_libs
po_saved_libs=$LIBS
LIBS="$NET_SNMP_LIBS $LIBS"
AC_CHECK_FUNCS([free_kmem])
# A module is of use with shared libraries alone: snmpd has to find in its own
# what the module registers, which it does not do in the module's copy of them.
AC_MSG_CHECKING([whether a module for snmpd can be linked])
po_saved_cflags=$CFLAGS
CFLAGS="$CFLAGS -shared -fPIC"
AC_LINK_IFELSE([AC_LANG_SOURCE([[int init_agent(const char *);
int start(void) { return init_agent("x"); }]])],
    [AS_IF([$NM conftest$EXEEXT | grep ' U _*init_agent' >/dev/null],
	[po_module=yes], [po_module=no])],
    [po_module=no])
AC_MSG_RESULT([$po_module])
CFLAGS=$po_saved_cflags
AS_IF([test "$po_os" = windows], [po_module=no])
AM_CONDITIONAL([MODULE], [test $po_module = yes])
LIBS=$po_saved_libs
# Who only asks needs no agent library.
NET_SNMP_CLIENT_LIBS=`AS_ECHO(["$NET_SNMP_LIBS"]) | $SED 's/-lnetsnmpagent//'`
AC_SUBST([NET_SNMP_CFLAGS])
AC_SUBST([NET_SNMP_LIBS])
AC_SUBST([NET_SNMP_CLIENT_LIBS])
])

# PO_ARG_BPF
# --with-bpf: the source that reads the kernel's own tables.  Its kernel part
# is compiled by clang, whatever compiles the rest.
AC_DEFUN([PO_ARG_BPF], [
AC_ARG_WITH([bpf], [AS_HELP_STRING([--with-bpf=auto|yes|no],
    [on Linux, the source bpf, which needs libbpf, clang, llvm-strip and
     bpftool to build @<:@auto@:>@])], [], [with_bpf=auto])
AS_CASE([$with_bpf], [auto|yes|no], [],
    [AC_MSG_ERROR([--with-bpf is auto, yes or no, not "$with_bpf"])])
po_bpf=no
AS_IF([test "$po_os" = linux && test "$with_bpf" != no], [
    AC_ARG_VAR([CLANG], [clang, for the bpf target])
    AC_ARG_VAR([LLVM_STRIP], [llvm-strip])
    AC_ARG_VAR([BPFTOOL], [bpftool])
    po_saved_path=$PATH
    PATH=$PATH:/usr/sbin:/sbin
    AC_PATH_PROGS([CLANG], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14])
    AC_PATH_PROGS([LLVM_STRIP], [llvm-strip llvm-strip-19 llvm-strip-18 llvm-strip-17 llvm-strip-16 llvm-strip-15 llvm-strip-14])
    AC_PATH_PROGS([BPFTOOL], [bpftool])
    PATH=$po_saved_path
    PKG_CHECK_MODULES([BPF], [libbpf >= 1.0], [po_bpf=yes], [po_bpf=no])
    po_bpf_lacks=
    test "$po_bpf" = yes || po_bpf_lacks=" libbpf 1.0 (libbpf-dev)"
    test -n "$CLANG" || po_bpf_lacks="$po_bpf_lacks clang"
    test -n "$LLVM_STRIP" || po_bpf_lacks="$po_bpf_lacks llvm-strip (llvm)"
    test -n "$BPFTOOL" || po_bpf_lacks="$po_bpf_lacks bpftool"
    AS_IF([test -n "$po_bpf_lacks"], [
	po_bpf=no
	AS_IF([test "$with_bpf" = yes],
	    [AC_MSG_ERROR([--with-bpf=yes needs$po_bpf_lacks])],
	    [AC_MSG_WARN([no source bpf: it needs$po_bpf_lacks])])])])
AS_IF([test "$po_bpf" = yes], [po_sources="bpf bpf-files $po_sources"])
AM_CONDITIONAL([BPF], [test "$po_bpf" = yes])
])
