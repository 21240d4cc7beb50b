#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

bool file_check_folder(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    char *folder = strndup(path, (size_t)(slash - path));
    if (!folder)
        return err_set(err, "out of memory");
    bool ok = access(folder, F_OK) == 0 || errno != ENOENT ||
              err_set(err, "cannot write '%s': the folder '%s' does not exist",
                      path, folder);
    free(folder);
    return ok;
}

bool file_make_folder(const char *dir, struct err *err)
{
    return mkdir(dir, 0777) == 0 || errno == EEXIST ||
           err_set(err, "cannot make the folder '%s': %s", dir,
                   strerror(errno));
}
