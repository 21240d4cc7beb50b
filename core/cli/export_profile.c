#include "cli/export_profile.h"

#include <string.h>

#include "cli/output.h"
#include "export/host.h"

struct export_host *export_profile_host(const char *extra_dir, struct err *err)
{
    const char *dirs[] = {catalog_default_dir(), extra_dir, NULL};
    return export_host_new(dirs, err);
}

static bool is_binary(const struct export_info *info)
{
    return strncmp(info->content_type, "text/", 5) != 0;
}

bool export_profile_check(struct export_host *host, const char *format,
                          const char *path, struct err *err)
{
    struct export_info info;
    return export_host_find(host, format, &info, err) &&
           output_check(path, is_binary(&info), err);
}

bool export_profile_write(struct export_host *host, struct profile *profile,
                          const char *format, const char *options,
                          const char *path, struct err *err)
{
    struct buf bytes = BUF_INIT;
    struct export_info info = {0};
    bool done =
        export_host_export(host, format, options, profile, &bytes, &info, err);
    done = done && output_write(path, &bytes, is_binary(&info), err);
    buf_fini(&bytes);
    return done;
}
