/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a terminal and the locale say of themselves.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

struct cli_terminal
cli_terminal_of(int fd)
{
	struct cli_terminal terminal = {.is_terminal = isatty(fd) == 1};
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long number;

	terminal.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!terminal.is_terminal)
		return terminal;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		terminal.columns = size.ws_col;
	} else if (columns != NULL) {
		number = strtoul(columns, NULL, 10);
		terminal.columns = number <= UINT16_MAX ? number : 0;
	}
	return terminal;
}
