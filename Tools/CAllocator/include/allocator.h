#ifndef STATEFUN_ALLOCATOR_H
#define STATEFUN_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/// Has the allocator of the C library keep freed memory for what comes next, up to so many bytes, where it can be told so: the
/// GNU C Library otherwise gives buffers back to the system while the next ones of their size are being asked for.
///
/// Whoever has set one of its variables, such as `MALLOC_TRIM_THRESHOLD_`, is not overruled.
/// @param kept bytes at the end of the heap that stay with the process though nobody uses them.
/// @param largest bytes of the largest piece of memory that is taken from the heap, and not from the system each time.
void allocator_keep_freed(int kept, int largest);

/// Gives memory that is free back to the system, where more than `kept` bytes of it were at three calls in a row. To be called every few
/// seconds, by one thread at a time: what a peak has left behind, between pieces that are in use, is never given back otherwise.
///
/// Here, too, whoever has set a variable is not overruled.
/// @return whether anything has been given back.
bool allocator_return_unused(size_t kept);

#endif
