#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const struct buf *bytes)
{
    for (size_t done = 0; done < bytes->len;) {
        ssize_t n = write(fd, bytes->data + done, bytes->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool to_stdout(const struct buf *bytes, bool is_binary, struct err *err)
{
    if (is_binary && isatty(STDOUT_FILENO))
        return err_set(err, "the output is binary and stdout is a terminal: "
                            "name a file with -o");
    return write_all(STDOUT_FILENO, bytes) ||
           err_set(err, "cannot write to stdout: %s", strerror(errno));
}

/* A device, a pipe or a link (/dev/stdout is one) must not be replaced by a
 * file. */
static bool is_special(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

bool output_write(const char *path, const struct buf *bytes, bool is_binary,
                  struct err *err)
{
    if (!path || strcmp(path, "-") == 0)
        return to_stdout(bytes, is_binary, err);
    char *beside;
    bool special = is_special(path);
    int n = special ? asprintf(&beside, "%s", path)
                    : asprintf(&beside, "%s.%d.tmp", path, (int)getpid());
    if (n < 0)
        return err_set(err, "out of memory");
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = fd >= 0 && write_all(fd, bytes);
    written = fd >= 0 && close(fd) == 0 && written;
    written = written && (special || rename(beside, path) == 0);
    if (!written)
        err_set(err, "cannot write '%s': %s", path, strerror(errno));
    if (!written && fd >= 0 && !special)
        unlink(beside);
    free(beside);
    return written;
}
