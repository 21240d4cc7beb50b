#include "cli/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_bytes(int fd, const struct buf *bytes)
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

static bool is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

static bool check_stdout(bool is_binary, struct err *err)
{
    if (is_binary && isatty(STDOUT_FILENO))
        return err_set(err, "the output is binary and stdout is a terminal: "
                            "name a file with -o");
    return true;
}

/* Returns true for a device, a pipe or a link, such as /dev/stdout, which a
 * file must not replace. */
static bool is_not_regular(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Returns true if the device, pipe or link can be written. A pipe is not
 * opened, because that waits for a reader. A link to nothing will become a
 * file. */
static bool check_in_place(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT;
    if (S_ISDIR(st.st_mode) || S_ISSOCK(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
        return false;
    }
    return access(path, W_OK) == 0;
}

static bool cannot_write(const char *path, struct err *err)
{
    return err_set(err, "cannot write '%s': %s", path, strerror(errno));
}

/* Returns the name of the file that is renamed at the end, NULL if out of
 * memory. */
static char *name_beside(const char *path)
{
    char *beside;
    int n = asprintf(&beside, "%s.%d.tmp", path, (int)getpid());
    return n < 0 ? NULL : beside;
}

bool result_file_replaces(const char *path)
{
    return !is_stdout(path) && !is_not_regular(path);
}

static int open_to_write(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

bool result_file_check(const char *path, bool is_binary, struct err *err)
{
    if (is_stdout(path))
        return check_stdout(is_binary, err);
    if (!*path)
        return err_set(err, "the output's name is empty");
    if (is_not_regular(path))
        return check_in_place(path) || cannot_write(path, err);
    char *beside = name_beside(path);
    if (!beside)
        return err_set(err, "out of memory");
    int fd = open_to_write(beside);
    if (fd < 0) {
        cannot_write(path, err);
    } else {
        close(fd);
        unlink(beside);
    }
    free(beside);
    return fd >= 0;
}

bool result_file_write(const char *path, const struct buf *bytes,
                       bool is_binary, struct err *err)
{
    if (is_stdout(path))
        return check_stdout(is_binary, err) &&
               (write_bytes(STDOUT_FILENO, bytes) ||
                err_set(err, "cannot write to stdout: %s", strerror(errno)));
    bool special = is_not_regular(path);
    char *beside = special ? strdup(path) : name_beside(path);
    if (!beside)
        return err_set(err, "out of memory");
    int fd = open_to_write(beside);
    bool written = fd >= 0 && write_bytes(fd, bytes);
    written = fd >= 0 && close(fd) == 0 && written;
    written = written && (special || rename(beside, path) == 0);
    if (!written)
        cannot_write(path, err);
    if (!written && fd >= 0 && !special)
        unlink(beside);
    free(beside);
    return written;
}
