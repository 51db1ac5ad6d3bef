// Becomes another program, which ends when the one that started it does, however that ends: also by SIGKILL, which leaves no
// time to stop anything.

#include <stdio.h>
#include <stdlib.h>

#if __linux__

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char usage[] = "usage: benchmark-child PARENT PROGRAM [ARGUMENT]...\n";

int main(int argument_count, char **arguments) {
    if (argument_count < 3) {
        fputs(usage, stderr);
        return 64;
    }
    // Not SIGKILL: nginx would leave its worker behind.
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0) {
        fprintf(stderr, "benchmark-child: prctl: %s\n", strerror(errno));
        return 1;
    }
    // The parent may have ended before the system knew that this matters.
    if (getppid() != (pid_t)atol(arguments[1])) return 1;
    // What `benchmarks` waits for in its own way would otherwise be ignored by all that it starts.
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (size_t place = 0; place < sizeof signals / sizeof *signals; place++) signal(signals[place], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(arguments[2], arguments + 2);
    fprintf(stderr, "%s cannot be started: %s\n", arguments[2], strerror(errno));
    return 127;
}

#else

int main(void) {
    fputs("benchmark-child: benchmarks pin programs to cores, which this system has no call for; run them on Linux\n", stderr);
    return 1;
}

#endif
