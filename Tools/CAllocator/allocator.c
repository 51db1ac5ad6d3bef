#include "allocator.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

// Whether somebody has said how the library is to deal with memory.
static bool is_configured(void) {
    return getenv("MALLOC_TRIM_THRESHOLD_") || getenv("MALLOC_MMAP_THRESHOLD_") || getenv("GLIBC_TUNABLES");
}
#endif

void allocator_keep_freed(int kept, int largest) {
#ifdef __GLIBC__
    // Setting either of the two ends the library's own adapting of both.
    if (is_configured()) return;
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_MMAP_THRESHOLD, largest);
#else
    (void)kept;
    (void)largest;
#endif
}

bool allocator_return_unused(size_t kept) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    static int calls_in_a_row;
    if (is_configured() || mallinfo2().fordblks <= kept) {
        calls_in_a_row = 0;
    } else if (++calls_in_a_row == 3) {
        calls_in_a_row = 0;
        return malloc_trim(0) == 1;
    }
#else
    (void)kept;
#endif
    return false;
}
