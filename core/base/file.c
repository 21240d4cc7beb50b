#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool file_read(const char *path, struct buf *out, struct err *err)
{
    char part[65536];
    size_t n;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        buf_append(out, part, n);
    bool ok = !ferror(file);
    int error = errno;
    fclose(file);
    if (!ok)
        return err_set(err, "%s: %s", path, strerror(error));
    return !out->failed || err_set(err, "%s: out of memory", path);
}
