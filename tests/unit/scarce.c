/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the linker puts in the place of malloc(3) and its like.
 */
#include "scarce.h"

#include <stdbool.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

struct scarce scarce;

static bool
fails(void)
{
	scarce.calls++;
	return scarce.fail_at != 0 && scarce.calls == scarce.fail_at;
}

void *
__wrap_malloc(size_t size)
{
	void *new;

	if (fails())
		return NULL;
	new = __real_malloc(size);
	scarce.live += new != NULL;
	return new;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	void *new;

	if (fails())
		return NULL;
	new = __real_calloc(count, size);
	scarce.live += new != NULL;
	return new;
}

void *
__wrap_realloc(void *old, size_t size)
{
	void *new;

	if (fails())
		return NULL;
	new = __real_realloc(old, size);
	scarce.live += old == NULL && new != NULL;
	return new;
}

void
__wrap_free(void *old)
{
	scarce.live -= old != NULL;
	__real_free(old);
}
