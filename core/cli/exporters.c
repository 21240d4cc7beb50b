/* exporters.c -- perilune exporters: lists the export formats. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/export_profile.h"
#include "cli/options.h"
#include "export/export_queue.h"

static const struct argp_option options[] = {
    {"exporters", 'e', "DIR", 0, "List the exporters in DIR too", 0},
    {0},
};

static error_t parse_exporters_option(int key, char *arg,
                                      struct argp_state *state)
{
    const char **dir = state->input;
    if (key != 'e')
        return ARGP_ERR_UNKNOWN;
    *dir = arg;
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse_exporters_option,
    .doc = "List the export formats, and the exporters that were refused.",
};

static void print_exporter(const struct export_info *info)
{
    if (info->problem[0])
        printf("%-12s refused: %s\n", info->name, info->problem);
    else
        printf("%-12s %-10s %-28s %s\n", info->name, info->extension,
               info->content_type, info->description);
}

int command_exporters(int argc, char **argv)
{
    const char *dir = NULL;
    struct err err = {0};
    struct export_info *infos = NULL;
    size_t n = 0;
    options_parse(&argp, argc, argv, 0, &dir);
    struct export_queue *queue = export_profile_queue(dir, &err);
    bool listed = queue && export_queue_list(queue, &infos, &n, &err);
    for (size_t i = 0; i < n; i++)
        print_exporter(&infos[i]);
    free(infos);
    export_queue_free(queue);
    if (listed)
        return 0;
    fprintf(stderr, "perilune exporters: %s\n", err.message);
    return EXIT_FAILED;
}
