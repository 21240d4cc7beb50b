/* convert.c -- perilune convert: writes a pprof file in another export format.
 *
 * Path: profile_input.c -> [convert] -> export_profile.c
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/export_profile.h"
#include "cli/options.h"
#include "cli/profile_input.h"
#include "export/export_queue.h"
#include "profile/profile.h"

struct convert_options {
    const char *input, *format, *output, *exporters, *sample_index;
};

static const struct argp_option options[] = {
    {"to", 't', "FORMAT", 0, "Format to write; see 'perilune exporters'", 0},
    {"output", 'o', "FILE", 0, "Write to FILE instead of stdout", 0},
    {"sample-index", 'i', "TYPE", 0,
     "Sample type to show, by name or position from 0, in formats that "
     "show one",
     0},
    {"exporters", 'e', "DIR", 0, "Use the exporters in DIR too", 0},
    {0},
};

static error_t parse_convert_option(int key, char *arg,
                                    struct argp_state *state)
{
    struct convert_options *o = state->input;
    switch (key) {
    case 't':
        o->format = arg;
        return 0;
    case 'o':
        o->output = arg;
        return 0;
    case 'i':
        o->sample_index = arg;
        return 0;
    case 'e':
        o->exporters = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (o->input)
            argp_error(state, "one profile at a time, got '%s' too", arg);
        o->input = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->input)
            argp_error(state, "name the profile to convert");
        if (!o->format)
            argp_error(state, "name the format to write with --to");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_convert_option,
    .args_doc = "INPUT|URL",
    .doc = "Convert a profile.\v"
           "INPUT is a pprof file of any program, gzipped or not; '-' is "
           "stdin. A URL is fetched; a profile endpoint replies after its "
           "'seconds'.",
};

static bool convert(const struct convert_options *o, struct export_queue *queue,
                    struct err *err)
{
    char exporter_options[128] = "";
    if (!export_profile_check(queue, o->format, o->output, err))
        return false;
    if (o->sample_index)
        snprintf(exporter_options, sizeof exporter_options, "sample_index=%s",
                 o->sample_index);
    struct profile *profile = profile_input_read(o->input, err);
    if (!profile)
        return false;
    /* An exporter would find an unknown sample type only in the end, and its
     * error has a traceback. */
    if (!o->sample_index ||
        profile_check_sample_index(profile, o->sample_index, err))
        return export_profile_write(queue, profile, o->format, exporter_options,
                                    o->output, err);
    profile_free(profile);
    return false;
}

int command_convert(int argc, char **argv)
{
    struct convert_options o = {0};
    struct err err = {0};
    options_parse(&argp, argc, argv, 0, &o);
    struct export_queue *queue = export_profile_queue(o.exporters, &err);
    bool done = queue && convert(&o, queue, &err);
    export_queue_free(queue);
    if (done)
        return 0;
    fprintf(stderr, "perilune convert: %s\n", err.message);
    return EXIT_FAILED;
}
