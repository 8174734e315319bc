/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector's socket in the file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/server.h"
#include "broker/socket.h"

/* A socket file without anybody behind it is left from a crash. */
static bool
is_served(const struct sockaddr_un *address)
{
	int fd = po_socket_open(AF_UNIX, SOCK_STREAM);
	bool served;

	if (fd < 0)
		return false;
	served = connect(fd, (const struct sockaddr *)address,
		     sizeof(*address)) == 0 ||
		 (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return served;
}

static int
make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	char *slash;

	strcpy(folder, path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return 0;
	*slash = '\0';
	if (mkdir(folder, 0755) == 0)
		return 0;
	if (errno != EEXIST || stat(folder, &st) != 0)
		return -errno;
	/* Whoever owns the folder could put another socket in the place. */
	if (geteuid() != 0 && st.st_uid != geteuid() && st.st_uid != 0)
		return -EPERM;
	return 0;
}

static int
bind_socket(int fd, const struct sockaddr_un *address, gid_t group, bool open)
{
	mode_t mask;
	int result;

	/* Nobody else may connect before the group is set. */
	mask = umask(0177);
	result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (result != 0)
		return -errno;
	if (group != (gid_t)-1 &&
	    chown(address->sun_path, (uid_t)-1, group) != 0 && errno != EPERM)
		return -errno;
	if (chmod(address->sun_path, open ? 0666 : 0660) != 0)
		return -errno;
	return listen(fd, SOMAXCONN) != 0 ? -errno : 0;
}

int
po_server_listen(const char *path, gid_t group, bool open)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	error = make_folder(path);
	if (error != 0)
		return error;
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return -ENOTSOCK;
		if (is_served(&address))
			return -EADDRINUSE;
		if (unlink(path) != 0)
			return -errno;
	}
	fd = po_socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return -errno;
	error = bind_socket(fd, &address, group, open);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
