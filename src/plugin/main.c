/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin/plugin.h"

int
main(int argc, char **argv)
{
	return po_plugin_main(argc, argv);
}
