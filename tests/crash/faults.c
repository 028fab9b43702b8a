/* Loaded before the C library: calls on one folder and its files are counted, and one of them goes wrong.
 *
 * PELLUCID_FAULT_FOLDER  the folder.
 * PELLUCID_FAULT         "kill-before N", "kill-after N", "ENOSPC N" or "EIO N": call number N,
 *                        counted from 1, and for an error all that write after it; "short N": half of
 *                        write number N, and then the end.
 * PELLUCID_FAULT_COUNT   a file that the numbers of calls and of writes are written to at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int calls, writes_so_far;
static char ours[4096];
static const char *folder;
static char kind[32];
static int at;

static void set_up(void) {
    static int done;
    if (done) return;
    done = 1;
    folder = getenv("PELLUCID_FAULT_FOLDER");
    const char *fault = getenv("PELLUCID_FAULT");
    if (fault) sscanf(fault, "%31s %d", kind, &at);
}

static int within(const char *path) {
    set_up();
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_ours(int fd) { return fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

static void die(void) { kill(getpid(), SIGKILL); }

/* Returns the error that this call has to fail with; 0: none. */
static int before(int writes) {
    int n = atomic_fetch_add(&calls, 1) + 1;
    if (!strcmp(kind, "kill-before") && n == at) die();
    int full = !strcmp(kind, "ENOSPC");
    if ((full || !strcmp(kind, "EIO")) && (n == at || (n > at && writes))) return full ? ENOSPC : EIO;
    return 0;
}

static void after(void) {
    if (!strcmp(kind, "kill-after") && calls == at) die();
}

static int opened(int fd) {
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = 1;
    after();
    return fd;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(writes) do { int e = before(writes); if (e) { errno = e; return -1; } } while (0)
#define MODE(flags, mode) int mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    if (!within(path)) return REAL(open)(path, flags, mode);
    FAIL(flags & O_CREAT);
    return opened(REAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    if (!within(path)) return REAL(open64)(path, flags, mode);
    FAIL(flags & O_CREAT);
    return opened(REAL(open64)(path, flags, mode));
}
int openat(int dir, const char *path, int flags, ...) {
    MODE(flags, mode)
    if (!within(path)) return REAL(openat)(dir, path, flags, mode);
    FAIL(flags & O_CREAT);
    return opened(REAL(openat)(dir, path, flags, mode));
}
int close(int fd) {
    if (!is_ours(fd)) return REAL(close)(fd);
    ours[fd] = 0;
    before(0);
    int found = REAL(close)(fd);
    after();
    return found;
}
ssize_t write(int fd, const void *data, size_t size) {
    if (!is_ours(fd)) return REAL(write)(fd, data, size);
    FAIL(1);
    if (atomic_fetch_add(&writes_so_far, 1) + 1 == at && !strcmp(kind, "short")) {
        REAL(write)(fd, data, size / 2);
        die();
    }
    ssize_t found = REAL(write)(fd, data, size);
    after();
    return found;
}
ssize_t read(int fd, void *data, size_t size) {
    if (!is_ours(fd)) return REAL(read)(fd, data, size);
    FAIL(0);
    ssize_t found = REAL(read)(fd, data, size);
    after();
    return found;
}
ssize_t pread64(int fd, void *data, size_t size, off64_t place) {
    if (!is_ours(fd)) return REAL(pread64)(fd, data, size, place);
    FAIL(0);
    ssize_t found = REAL(pread64)(fd, data, size, place);
    after();
    return found;
}
int fsync(int fd) {
    if (!is_ours(fd)) return REAL(fsync)(fd);
    FAIL(1);
    int found = REAL(fsync)(fd);
    after();
    return found;
}
int ftruncate64(int fd, off_t size) {
    if (!is_ours(fd)) return REAL(ftruncate64)(fd, size);
    FAIL(1);
    int found = REAL(ftruncate64)(fd, size);
    after();
    return found;
}
int rename(const char *from, const char *to) {
    if (!within(to)) return REAL(rename)(from, to);
    FAIL(1);
    int found = REAL(rename)(from, to);
    after();
    return found;
}
int chmod(const char *path, mode_t mode) {
    if (!within(path)) return REAL(chmod)(path, mode);
    FAIL(0);
    int found = REAL(chmod)(path, mode);
    after();
    return found;
}
int fchmodat(int dir, const char *path, mode_t mode, int flags) {
    if (!within(path)) return REAL(fchmodat)(dir, path, mode, flags);
    FAIL(0);
    int found = REAL(fchmodat)(dir, path, mode, flags);
    after();
    return found;
}
int mkdir(const char *path, mode_t mode) {
    if (!within(path)) return REAL(mkdir)(path, mode);
    FAIL(1);
    int found = REAL(mkdir)(path, mode);
    after();
    return found;
}
int unlink(const char *path) {
    if (!within(path)) return REAL(unlink)(path);
    FAIL(0);
    int found = REAL(unlink)(path);
    after();
    return found;
}
int rmdir(const char *path) {
    if (!within(path)) return REAL(rmdir)(path);
    FAIL(0);
    int found = REAL(rmdir)(path);
    after();
    return found;
}

__attribute__((destructor)) static void count(void) {
    const char *path = getenv("PELLUCID_FAULT_COUNT");
    if (!path) return;
    int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dprintf(fd, "%d %d\n", calls, writes_so_far);
    REAL(close)(fd);
}
