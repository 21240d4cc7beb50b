#include "cli/export_profile.h"

#include <string.h>

#include "cli/result_file.h"
#include "export/export_queue.h"

struct export_queue *export_profile_queue(const char *extra_dir,
                                          struct err *err)
{
    const char *dirs[] = {catalog_default_dir(), extra_dir, NULL};
    return export_queue_new(dirs, err);
}

static bool is_binary(const struct export_info *info)
{
    return strncmp(info->content_type, "text/", 5) != 0;
}

bool export_profile_check(struct export_queue *queue, const char *format,
                          const char *path, struct err *err)
{
    struct export_info info;
    return export_queue_find(queue, format, &info, err) &&
           result_file_check(path, is_binary(&info), err);
}

bool export_profile_write(struct export_queue *queue, struct profile *profile,
                          const char *format, const char *options,
                          const char *path, struct err *err)
{
    struct buf bytes = BUF_INIT;
    struct export_info info = {0};
    bool done =
        export_queue_wait(queue, format, options, profile, &bytes, &info, err);
    done = done && result_file_write(path, &bytes, is_binary(&info), err);
    buf_fini(&bytes);
    return done;
}
