/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a console says of itself.
 */
#include <windows.h>

#include <io.h>

#include "cli/cli.h"

struct cli_terminal
cli_terminal_of(int fd)
{
	const HANDLE handle = (HANDLE)_get_osfhandle(fd);
	struct cli_terminal terminal = {0};
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!GetConsoleScreenBufferInfo(handle, &info))
		return terminal;
	terminal.is_terminal = true;
	if (info.srWindow.Right > info.srWindow.Left)
		terminal.columns =
		    (size_t)(info.srWindow.Right - info.srWindow.Left + 1);
	return terminal;
}
