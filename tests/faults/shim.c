/* A file layer with faults, put between a process and libc by LD_PRELOAD. It sees calls that change
 * files of one folder, and counts them.
 *
 *   FAULTS_FOLDER   absolute path; files elsewhere are left alone
 *   FAULTS_LOG      file that every call is written to, with its bytes (records: see log_call)
 *   FAULTS_PROMISE  file whose writes go into the log as promises
 *   FAULTS_COUNT    file that the number of calls is written to at exit
 *   FAULTS_NO_SYNC  syncs do nothing, which is faster and all the same to a process that is killed
 *   FAULTS_KILL     n:before, n:after or n:torn: kill -9 at the n-th call (torn: half of it is done)
 *   FAULTS_FAIL     error:n:m: calls from the n-th on fail, m of them. error is enospc, eio, erofs,
 *                   sync (syncs fail with EIO), read (reads do), short (half is written), eintr
 *   FAULTS_UNTIL    calls that would fail do not any more once this file exists
 *
 * Indexes of write-ahead logs (-shm) are mapped into memory and mean nothing after a power cut, so
 * they are not logged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096

enum fault { NONE, ENOSPC_, EIO_, EROFS_, SYNC_, READ_, SHORT_, EINTR_ };
enum moment { BEFORE, AFTER, TORN };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[4096], promise[4096], until[4096], count_path[4096];
static int log_fd = -1, no_sync;
static long kill_at;
static enum moment kill_moment;
static enum fault fault;
static long fail_from, fail_times, failed;
static long calls, reads;

/* What each descriptor is: 0 none of ours; its number in the log is that of its opening. */
static struct { uint32_t number; int is_shm; } files[FDS];
static uint32_t opened;
static int promise_fd = -1;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static void *(*real_mmap)(void *, size_t, int, int, int, off64_t);

static void stop(const char *why) {
    char line[256];
    int length = snprintf(line, sizeof line, "faults: %s\n", why);
    real_write(2, line, length);
    abort();
}

static void set(char *to, const char *name) {
    const char *value = getenv(name);
    if (value && strlen(value) < 4096) strcpy(to, value);
}

static void start(void) {
#define REAL(name, symbol) if (!(*(void **)&real_##name = dlsym(RTLD_NEXT, symbol))) abort()
    REAL(open, "open64"); REAL(openat, "openat64"); REAL(close, "close");
    REAL(write, "write"); REAL(writev, "writev"); REAL(pwrite, "pwrite64");
    REAL(read, "read"); REAL(pread, "pread64");
    REAL(ftruncate, "ftruncate64"); REAL(fsync, "fsync");
    REAL(unlink, "unlink"); REAL(rename, "rename"); REAL(mmap, "mmap64");
    set(folder, "FAULTS_FOLDER");
    set(promise, "FAULTS_PROMISE");
    set(until, "FAULTS_UNTIL");
    set(count_path, "FAULTS_COUNT");
    no_sync = getenv("FAULTS_NO_SYNC") != NULL;
    char moment[16] = "";
    const char *text = getenv("FAULTS_KILL");
    if (text) {
        if (sscanf(text, "%ld:%15s", &kill_at, moment) != 2) stop("FAULTS_KILL?");
        kill_moment = !strcmp(moment, "before") ? BEFORE : !strcmp(moment, "after") ? AFTER : TORN;
    }
    text = getenv("FAULTS_FAIL");
    if (text) {
        static const char *const words[] = {"", "enospc", "eio", "erofs", "sync", "read", "short", "eintr"};
        if (sscanf(text, "%15[a-z]:%ld:%ld", moment, &fail_from, &fail_times) != 3) stop("FAULTS_FAIL?");
        for (int i = 1; i < 8; i++) if (!strcmp(moment, words[i])) fault = i;
        if (fault == NONE) stop("FAULTS_FAIL?");
    }
    text = getenv("FAULTS_LOG");
    if (text && (log_fd = real_open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0) stop("FAULTS_LOG?");
}

__attribute__((destructor)) static void end(void) {
    pthread_once(&once, start);
    if (!count_path[0]) return;
    char line[32];
    int length = snprintf(line, sizeof line, "%ld", fault == READ_ ? reads : calls);
    int fd = real_open(count_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0) { real_write(fd, line, length); real_close(fd); }
}

static int is_ours(const char *path) {
    size_t length = strlen(folder);
    return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

static int is_tracked(int fd) { return fd >= 0 && fd < FDS && files[fd].number; }

static int ends_with(const char *path, const char *end) {
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && !strcmp(path + length - end_length, end);
}

/* kind, number of the opening, a number, length of the bytes, the bytes */
static void log_call(char kind, uint32_t number, int64_t a, const void *bytes, uint32_t length) {
    if (log_fd < 0) return;
    unsigned char head[17];
    head[0] = kind;
    memcpy(head + 1, &number, 4);
    memcpy(head + 5, &a, 8);
    memcpy(head + 13, &length, 4);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
    if (real_writev(log_fd, parts, 2) != (ssize_t)(sizeof head + length)) stop("cannot write the log");
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Counts the call; gives whether the process is to die in the middle of it. */
static int count(void) {
    calls++;
    if (calls != kill_at) return 0;
    if (kill_moment == BEFORE) die();
    return kill_moment == TORN;
}

static void after(void) {
    if (calls == kill_at) die();
}

/* Whether call number `at` is to fail. */
static int is_due(long at) {
    if (at < fail_from || failed >= fail_times) return 0;
    if (until[0] && !access(until, F_OK)) return 0;
    failed++;
    return 1;
}

/* The error that the call is to fail with, or 0. */
static int failing(int is_sync, int is_write) {
    switch (fault) {
    case ENOSPC_: return is_write && is_due(calls) ? ENOSPC : 0;
    case EIO_: return is_due(calls) ? EIO : 0;
    case EROFS_: return !is_sync && is_due(calls) ? EROFS : 0;
    case SYNC_: return is_sync && is_due(calls) ? EIO : 0;
    case EINTR_: return is_write && is_due(calls) ? EINTR : 0;
    default: return 0;
    }
}

#define ENTER pthread_once(&once, start)
#define LOCKED(result) do { pthread_mutex_unlock(&lock); return result; } while (0)
#define FAILED(error) do { pthread_mutex_unlock(&lock); errno = (error); return -1; } while (0)

static int track(const char *path, int at, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int changes = (flags & O_TRUNC) || ((flags & O_CREAT) && access(path, F_OK));
    if (changes) {
        if (count()) die();
        int error = failing(0, 1);
        if (error) FAILED(error);
    } else if (fault == EROFS_ && (flags & O_ACCMODE) != O_RDONLY && calls >= fail_from && is_due(calls)) {
        FAILED(EROFS);
    }
    int fd = real_openat(at, path, flags, mode);
    if (fd >= FDS) stop("too many descriptors");
    if (fd >= 0) {
        files[fd].number = ++opened;
        files[fd].is_shm = ends_with(path, "-shm");
        if (!files[fd].is_shm) log_call('O', opened, flags & (O_CREAT | O_TRUNC), path, strlen(path));
    }
    if (changes) after();
    LOCKED(fd);
}

static int opening(int at, const char *path, int flags, mode_t mode) {
    ENTER;
    if (path[0] == '/' && is_ours(path)) return track(path, at, flags, mode);
    int fd = real_openat(at, path, flags, mode);
    if (fd >= 0 && promise[0] && !strcmp(path, promise)) promise_fd = fd;
    return fd;
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, last); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { MODE(flags, flags); return opening(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, flags); return opening(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, flags); return opening(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, flags); return opening(at, path, flags, mode); }

int close(int fd) {
    ENTER;
    pthread_mutex_lock(&lock);
    if (is_tracked(fd)) {
        if (!files[fd].is_shm) log_call('C', files[fd].number, 0, NULL, 0);
        files[fd].number = 0;
    }
    if (fd == promise_fd) promise_fd = -1;
    int result = real_close(fd);
    LOCKED(result);
}

static ssize_t writing(int fd, const void *bytes, size_t length, off64_t at, int moves) {
    pthread_mutex_lock(&lock);
    size_t some = length > 1 ? length / 2 : length;
    if (count()) {
        real_pwrite(fd, bytes, some, at);
        die();
    }
    int error = failing(0, 1);
    if (error) FAILED(error);
    if (fault == SHORT_ && length > 1 && is_due(calls)) length = some;
    ssize_t written = moves ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, at);
    if (written > 0 && !files[fd].is_shm) log_call('W', files[fd].number, at, bytes, written);
    after();
    LOCKED(written);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ENTER;
    if (is_tracked(fd)) return writing(fd, bytes, length, lseek64(fd, 0, SEEK_CUR), 1);
    if (fd >= 0 && fd == promise_fd) {
        pthread_mutex_lock(&lock);
        ssize_t written = real_write(fd, bytes, length);
        log_call('P', 0, 0, bytes, length);
        LOCKED(written);
    }
    return real_write(fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    ENTER;
    return is_tracked(fd) ? writing(fd, bytes, length, at, 0) : real_pwrite(fd, bytes, length, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

static int reading_fails(int fd) {
    if (fault != READ_ || !is_tracked(fd) || files[fd].is_shm) return 0;
    pthread_mutex_lock(&lock);
    reads++;
    int fails = is_due(reads);
    LOCKED(fails);
}

ssize_t read(int fd, void *bytes, size_t length) {
    ENTER;
    if (reading_fails(fd)) { errno = EIO; return -1; }
    return real_read(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) {
    ENTER;
    if (reading_fails(fd)) { errno = EIO; return -1; }
    return real_pread(fd, bytes, length, at);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t at) { return pread64(fd, bytes, length, at); }

int ftruncate64(int fd, off64_t length) {
    ENTER;
    if (!is_tracked(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    if (count()) die();
    int error = failing(0, 0);
    if (error) FAILED(error);
    int result = real_ftruncate(fd, length);
    if (!result && !files[fd].is_shm) log_call('T', files[fd].number, length, NULL, 0);
    after();
    LOCKED(result);
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
    ENTER;
    if (!is_tracked(fd)) return real_fsync(fd);
    pthread_mutex_lock(&lock);
    if (count()) die();
    int error = failing(1, 0);
    if (error) {
        log_call('F', files[fd].number, 0, NULL, 0);
        FAILED(error);
    }
    int result = no_sync ? 0 : real_fsync(fd);
    if (!result) log_call('S', files[fd].number, 0, NULL, 0);
    after();
    LOCKED(result);
}
int fdatasync(int fd) { return fsync(fd); }

int unlink(const char *path) {
    ENTER;
    if (!is_ours(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    if (access(path, F_OK)) LOCKED(real_unlink(path));
    if (count()) die();
    int error = failing(0, 0);
    if (error) FAILED(error);
    int result = real_unlink(path);
    if (!result) log_call('U', 0, 0, path, strlen(path));
    after();
    LOCKED(result);
}

int rename(const char *from, const char *to) {
    ENTER;
    if (!is_ours(from) && !is_ours(to)) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    if (count()) die();
    int error = failing(0, 0);
    if (error) FAILED(error);
    int result = real_rename(from, to);
    if (!result) {
        char both[8192];
        size_t length = strlen(from) + 1;
        if (length + strlen(to) > sizeof both) stop("a name is too long");
        memcpy(both, from, length);
        memcpy(both + length, to, strlen(to));
        log_call('R', 0, 0, both, length + strlen(to));
    }
    after();
    LOCKED(result);
}

/* Ways to write that nobody takes: if one day somebody does, the tests must not go blind. */
ssize_t writev(int fd, const struct iovec *parts, int count_) {
    ENTER;
    if (is_tracked(fd)) stop("writev is not known here");
    return real_writev(fd, parts, count_);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t at) {
    ENTER;
    if (is_tracked(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED) && !files[fd].is_shm)
        stop("a writable map is not known here");
    return real_mmap(address, length, protection, flags, fd, at);
}
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t at) {
    return mmap64(address, length, protection, flags, fd, at);
}
