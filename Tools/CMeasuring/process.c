#include "CMeasuring.h"

#include <sys/resource.h>
#include <sys/time.h>

#if __linux__
#include <sched.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

bool measuring_is_in_memory(const char *path) {
    struct statfs system;
    return statfs(path, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

bool measuring_pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

bool measuring_take_precedence(void) {
    // Not one of the real-time priorities: from what has one, the system takes up to 50 ms of each second, whose turn it ever is then.
    return setpriority(PRIO_PROCESS, 0, -20) == 0;
}

uint64_t measuring_resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    unsigned long long size, resident;
    int read = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return read == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t measuring_peak_resident(void) {
    // Not from getrusage, whose peak holds that of the program that started this one.
    FILE *file = fopen("/proc/self/status", "r");
    if (!file) return 0;
    unsigned long long kilobytes = 0;
    for (char line[256]; fgets(line, sizeof line, file);) {
        if (sscanf(line, "VmHWM: %llu", &kilobytes) == 1) break;
    }
    fclose(file);
    return kilobytes * 1024;
}

#else

bool measuring_pin(int core) {
    (void)core;
    return false;
}

bool measuring_take_precedence(void) { return false; }

uint64_t measuring_resident(void) { return 0; }

uint64_t measuring_peak_resident(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#if __APPLE__
    return (uint64_t)usage.ru_maxrss;
#else
    return (uint64_t)usage.ru_maxrss * 1024;
#endif
}

bool measuring_is_in_memory(const char *path) {
    (void)path;
    return false;
}

#endif

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

static struct measuring_time time_of(int who) {
    struct rusage usage;
    if (getrusage(who, &usage) != 0) return (struct measuring_time){0, 0};
    return (struct measuring_time){nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime)};
}

struct measuring_time measuring_processor_time(void) { return time_of(RUSAGE_SELF); }

struct measuring_time measuring_children_time(void) { return time_of(RUSAGE_CHILDREN); }
