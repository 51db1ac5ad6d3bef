#include "CMeasuring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

// A sanitizer brings functions of its own that see every allocation.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ALLOCATIONS_ARE_WATCHED 1
#endif
#endif

#if __linux__ && __GLIBC__ && !ALLOCATIONS_ARE_WATCHED

#include <malloc.h>

// Defined by the program, these come before the ones of the system's library also for the libraries that it loads.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool is_counting;
static atomic_ullong counted;

static inline void count(void) {
    if (atomic_load_explicit(&is_counting, memory_order_relaxed)) atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    count();
    void *allocated = __libc_memalign(alignment, size);
    if (!allocated) return ENOMEM;
    *memory = allocated;
    return 0;
}

bool measuring_counts_allocations(void) { return true; }

uint64_t measuring_allocated(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void measuring_begin_allocations(void) {
    atomic_store(&counted, 0);
    atomic_store(&is_counting, true);
}

uint64_t measuring_end_allocations(void) {
    atomic_store(&is_counting, false);
    return atomic_load(&counted);
}

#else

bool measuring_counts_allocations(void) { return false; }
uint64_t measuring_allocated(void) { return 0; }
void measuring_begin_allocations(void) {}
uint64_t measuring_end_allocations(void) { return 0; }

#endif
