/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command line's tests share: a small snapshot with one row of each
 * kind, arguments as a line, and output as text.
 */
#ifndef PO_TESTS_CLI_SCENE_H
#define PO_TESTS_CLI_SCENE_H

#include <stdio.h>

#include "cli/cli.h"
#include "sealed.h"

struct po_builder *scene_builder(void);

/* pid 0: nobody holds it. */
void scene_add(struct po_builder *b, struct po_socket socket, uint32_t pid);

/* service may be NULL. */
void scene_process(struct po_builder *b, uint32_t pid, uint32_t uid,
    const char *command, const char *service);

/* One of each kind; sealed_free() it. */
void scene_make(struct sealed *scene);

/* Arguments in one string, parted by spaces; "" is an empty one. */
int scene_parse(
    const char *line, struct cli_options *options, char *error, size_t size);
void scene_parse_good(const char *line, struct cli_options *options);

/* What was written to a temporary file, which is closed; free() it. */
char *scene_read_back(FILE *file, size_t *length);

/* The table, or JSON if line says so; free() it. */
char *scene_render(const struct po_snapshot *snapshot, const char *line,
    const struct cli_terminal *terminal, size_t *count);
void scene_expect(const struct po_snapshot *snapshot, const char *line,
    const struct cli_terminal *terminal, const char *expected);

#endif
