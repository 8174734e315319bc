/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two ends of a stream inside one machine that carries single octets: what an
 * event loop waits for can come from another thread or process.
 */
#ifndef PO_BROKER_PAIR_H
#define PO_BROKER_PAIR_H

/*
 * ends[0] is for an event loop and does not wait; ends[1] does.  Returns 0 or
 * -errno.
 */
int po_pair_open(int ends[2]);

/* Sends an octet that is not 0.  Returns 0 or -errno. */
int po_pair_send(int end, unsigned char octet);

/*
 * Returns an octet; 0 if the other end is closed; -EAGAIN if there is none and
 * this end does not wait; or another -errno.
 */
int po_pair_receive(int end);

void po_pair_close(int end);

#endif
