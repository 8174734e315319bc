/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other network stacks, for a collector that may not go there itself.
 */
#ifndef PO_DAEMON_STACK_H
#define PO_DAEMON_STACK_H

/*
 * A socket for socket diagnosis, which needs no right to be used, opened in the
 * stack that namespace refers to.  Returns it or -errno; does not return if
 * there is no way back to the own stack.
 */
int po_stack_open(int namespace);

#endif
