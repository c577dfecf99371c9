/*
 * Preloaded into the processes of a soak. They end with the harness, whatever ends it. With a control
 * file they also see the wall clock that it tells, and a disk that is full while it says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* As `shim.rs` writes it: two numbers of 64 bits, in the byte order of the machine. */
struct control {
    volatile int64_t ahead_ms;
    volatile int64_t is_full;
};

static const struct control *control;

__attribute__((constructor)) static void begin(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *path = getenv("SOAK_CONTROL");
    if (path == NULL)
        return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        abort();
    void *mapped = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    control = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *shown)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, shown);
    if (failed == 0 && control != NULL
        && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t ahead_ms = control->ahead_ms;
        shown->tv_sec += ahead_ms / 1000;
        shown->tv_nsec += ahead_ms % 1000 * 1000000;
        if (shown->tv_nsec < 0) {
            shown->tv_nsec += 1000000000;
            shown->tv_sec -= 1;
        } else if (shown->tv_nsec >= 1000000000) {
            shown->tv_nsec -= 1000000000;
            shown->tv_sec += 1;
        }
    }
    return failed;
}

int gettimeofday(struct timeval *restrict shown, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    shown->tv_sec = now.tv_sec;
    shown->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *shown)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (shown != NULL)
        *shown = now.tv_sec;
    return now.tv_sec;
}

/* Only files take up room: a pipe or a connection does not. */
static int has_no_room(int file)
{
    struct stat found;
    return control != NULL && control->is_full && fstat(file, &found) == 0
        && S_ISREG(found.st_mode);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    if (has_no_room(file)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_write, file, bytes, length);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at)
{
    if (has_no_room(file)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at)
{
    return pwrite64(file, bytes, length, at);
}
