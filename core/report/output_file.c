#include "report/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/gzip.h"

#define GZIP_LEVEL 1 /* fast: the generators' threads compress */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                0666);
}

bool output_file_open(struct output_file *file, const char *path,
                      struct err *err)
{
    file->fd = open_file(path);
    file->error = file->fd < 0 ? errno : 0;
    if (file->error)
        return err_set(err, "cannot write '%s': %s", path,
                       strerror(file->error));
    file->compressed = ends_with(path, ".gz");
    pthread_mutex_init(&file->lock, NULL);
    return true;
}

static void write_file_bytes(struct output_file *file, const char *at, size_t n)
{
    while (n > 0 && file->error == 0) {
        ssize_t written = write(file->fd, at, n);
        if (written < 0 && errno != EINTR)
            file->error = errno;
        if (written > 0) {
            at += written;
            n -= (size_t)written;
        }
    }
}

void output_file_write(struct output_file *file, const struct buf *bytes)
{
    struct buf packed = BUF_INIT;
    bool ok = !bytes->failed;
    if (file->fd < 0 || (bytes->len == 0 && ok))
        return;
    if (file->compressed && ok) {
        ok = gzip_compress(bytes->data, bytes->len, GZIP_LEVEL, &packed, NULL);
        bytes = &packed;
    }
    pthread_mutex_lock(&file->lock);
    if (!ok && file->error == 0)
        file->error = ENOMEM;
    write_file_bytes(file, bytes->data, bytes->len);
    pthread_mutex_unlock(&file->lock);
    buf_fini(&packed);
}

bool output_file_close(struct output_file *file, const char *path,
                       struct err *err)
{
    if (file->fd < 0)
        return true;
    if (close(file->fd) != 0 && file->error == 0)
        file->error = errno;
    file->fd = -1;
    pthread_mutex_destroy(&file->lock);
    return file->error == 0 ||
           err_set(err, "%s: %s", path, strerror(file->error));
}
