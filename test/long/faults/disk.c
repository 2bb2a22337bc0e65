/* Preloaded into PostgreSQL: the file DISK_FAULT says how the disk fails. No header, so that a bare compiler is enough. */
extern void *dlsym(void *handle, const char *name);
extern char *getenv(const char *name);
extern int open(const char *path, int flags, ...);
extern long read(int fd, void *bytes, unsigned long length);
extern int close(int fd);
extern int usleep(unsigned microseconds);
extern int *__errno_location(void);

#define RTLD_NEXT ((void *)-1L)
#define EIO 5

/* The first byte of the file: slow, hanging, no sync, no write. Anything else, or no file: the disk is sound. */
static char state(void) {
  char found = 0;
  const char *path = getenv("DISK_FAULT");
  int fd = path ? open(path, 0) : -1;
  if (fd < 0 || read(fd, &found, 1) != 1) found = 0;
  if (fd >= 0) close(fd);
  return found;
}

static int fail(void) {
  *__errno_location() = EIO;
  return -1;
}

static int sync_with(const char *name, int fd) {
  char now = state();
  if (now == 's') usleep(200 * 1000);
  if (now == 'h') usleep(4000 * 1000);
  if (now == 'e') return fail();
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

long pwrite(int fd, const void *bytes, unsigned long length, long offset) {
  static long (*next)(int, const void *, unsigned long, long);
  if (!next) next = (long (*)(int, const void *, unsigned long, long))dlsym(RTLD_NEXT, "pwrite");
  return state() == 'w' ? fail() : next(fd, bytes, length, offset);
}
