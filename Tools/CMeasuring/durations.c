#include "CMeasuring.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

uint64_t measuring_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// 128 steps between one power of two and the next.
enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS) * STEPS };

static atomic_ullong buckets[BUCKETS];

static size_t bucket_of(uint64_t value) {
    if (value < STEPS) return (size_t)value;
    int exponent = 63 - __builtin_clzll(value);
    int shift = exponent - STEP_BITS;
    size_t step = (size_t)(value >> shift) - STEPS;
    size_t place = (size_t)(shift + 1) * STEPS + step;
    return place < BUCKETS ? place : BUCKETS - 1;
}

static uint64_t value_of(size_t place) {
    if (place < STEPS) return place;
    int shift = (int)(place / STEPS) - 1;
    return (STEPS + place % STEPS) << shift;
}

void measuring_reset_durations(void) {
    for (size_t place = 0; place < BUCKETS; place++) atomic_store_explicit(&buckets[place], 0, memory_order_relaxed);
}

void measuring_add_duration(uint64_t nanoseconds) {
    atomic_fetch_add_explicit(&buckets[bucket_of(nanoseconds)], 1, memory_order_relaxed);
}

uint64_t measuring_duration_at(double share) {
    uint64_t all = 0;
    for (size_t place = 0; place < BUCKETS; place++) all += atomic_load_explicit(&buckets[place], memory_order_relaxed);
    uint64_t wanted = (uint64_t)(share * (double)all), passed = 0;
    for (size_t place = 0; place < BUCKETS; place++) {
        passed += atomic_load_explicit(&buckets[place], memory_order_relaxed);
        if (passed > 0 && passed >= wanted) return value_of(place);
    }
    return 0;
}
