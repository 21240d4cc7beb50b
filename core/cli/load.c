/* load.c -- perilune load SCRIPT.lua | URL: runs a load test and prints its
 * summary. The exit codes are k6's.
 *
 * Path: load_arguments.c -> [load] -> load/load.c, report/
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/load_arguments.h"
#include "cli/options.h"
#include "cli/result_file.h"
#include "live/live_view.h"
#include "load/load.h"
#include "report/handle_summary.h"
#include "report/profile_section.h"
#include "report/report.h"
#include "report/summary.h"

#define URL_VUS 10
#define URL_DURATION_NS INT64_C(10000000000)

static int report_failure(int code, const struct err *err)
{
    fprintf(stderr, "perilune load: %s\n", err->message);
    return code;
}

static void say_crossed(const struct thresholds *thresholds)
{
    fprintf(stderr, "perilune load: thresholds were crossed:\n");
    for (unsigned i = 0; i < thresholds->n; i++)
        for (unsigned k = 0; k < thresholds->of[i].n; k++)
            if (thresholds->of[i].all[k].failed)
                fprintf(stderr, "  %s %s\n", thresholds->selectors[i].text,
                        thresholds->of[i].all[k].text);
}

static bool write_summary_text(const char *name, const struct buf *text,
                               struct err *err)
{
    if (text->failed)
        return err_set(err, "cannot write '%s': out of memory", name);
    if (strcmp(name, "stderr") == 0)
        return fwrite(text->data, 1, text->len, stderr) == text->len ||
               err_set(err, "cannot write to stderr");
    if (strcmp(name, "stdout") == 0)
        return result_file_write(NULL, text, false, err);
    return file_check_folder(name, err) &&
           result_file_write(name, text, false, err);
}

/* Writes one of the texts that handleSummary returned. `ctx` is the exit code.
 */
static void write_handled_summary(void *ctx, const char *name,
                                  const struct buf *text)
{
    int *code = ctx;
    struct err err = {""};
    if (write_summary_text(name, text, &err))
        return;
    err_prefix(&err, "handleSummary: ");
    *code = report_failure(EXIT_FAILED, &err);
}

/* Prints the summary of the script's handleSummary. Prints ours if the script
 * has none, or if handleSummary fails. Returns the exit code. */
static int print_summary(const struct load *load, const struct report *said,
                         const struct buf *text)
{
    struct err err = {""};
    struct generator *first = load->generators[0];
    int code = 0;
    if (handle_summary_exists(first)) {
        if (handle_summary_call(first, said, text, write_handled_summary, &code,
                                &err))
            return code;
        code = report_failure(LOAD_EXIT_SCRIPT, &err);
    }
    fwrite(text->data, 1, text->len, stdout);
    return code;
}

/* Prints the summary and closes the outputs, which read `said`. Returns the
 * exit code. */
static int report(const struct load *load, struct report *said,
                  struct outputs *outputs)
{
    struct err err = {""};
    struct buf text = BUF_INIT;
    int code = 0;
    report_finish(said, load);
    summary_write(&text, said);
    if (load->profiles.capture)
        profile_section_write(&text, load->profiles.capture,
                              (unsigned)load->config->profile.top);
    if (load->profiles.overhead)
        profile_overhead_write(&text, load->profiles.overhead);
    code = print_summary(load, said, &text);
    if (!outputs_close(outputs, &err))
        code = report_failure(EXIT_FAILED, &err);
    if (load->results.checks.overflowed)
        fprintf(stderr,
                "perilune load: more than %d checks or groups: the rest was "
                "counted as 'other'\n",
                CHECKS_MAX);
    if (load->results.endpoints.overflowed)
        fprintf(stderr,
                "perilune load: more than %d values of the tag 'name': the "
                "rest was counted as 'other'\n",
                ENDPOINTS_MAX);
    if (thresholds_count_failed(&load->config->thresholds) > 0)
        say_crossed(&load->config->thresholds);
    buf_fini(&text);
    return code;
}

static bool is_url(const char *target) { return strstr(target, "://") != NULL; }

/* Checks that the script exists. A name that is neither a file nor ends with
 * .lua may be meant as a URL, so the message says how a URL begins. */
static bool check_script(const char *path, struct err *err)
{
    size_t n = strlen(path);
    return (n >= 4 && strcmp(path + n - 4, ".lua") == 0) ||
           access(path, F_OK) == 0 ||
           err_set(err,
                   "%s: %s; if it is a URL, it must begin with http:// or "
                   "https://",
                   path, strerror(errno));
}

/* Reads the script and checks all options before any request is sent. Returns
 * the exit code and sets err. */
static int prepare_load(struct load *load, struct load_arguments *arguments,
                        const struct report *said, struct err *err)
{
    struct config *config = load->config;
    if (is_url(arguments->target)) {
        load_open_url(load, arguments->target);
        const struct shorthand *given = &arguments->shorthand;
        int64_t n = given->iterations;
        if (!given->rate && !given->stages.n)
            config->shorthand.vus = n && n < URL_VUS ? n : URL_VUS;
        config->shorthand.duration_ns = URL_DURATION_NS;
    } else {
        if (!check_script(arguments->target, err))
            return LOAD_EXIT_CONFIG;
        int code =
            load_open_script(load, arguments->target, arguments->env, err);
        if (code != 0)
            return code;
    }
    config_override(config, &arguments->shorthand);
    if (arguments->threads)
        config->threads = arguments->threads;
    if (arguments->out_dir)
        config->out_dir = arguments->out_dir;
    if (arguments->trend_stats.n)
        config->trend_stats = arguments->trend_stats;
    profile_options_override(&config->profile, &arguments->profile);
    config->skip_tls_verify |= arguments->skip_tls_verify;
    if (!config_finish(config, err))
        return LOAD_EXIT_CONFIG;
    int code = load_prepare(load, err);
    if (code == 0 &&
        !outputs_open(&arguments->outputs, config->out_dir, said, err))
        code = EXIT_FAILED;
    return code;
}

static bool attach_outputs(void *ctx, struct results *results)
{
    struct outputs *outputs = ctx;
    results->endpoints.wanted = outputs->take_endpoints;
    return outputs_attach(outputs, &results->metrics);
}

static void tick_outputs(void *ctx) { outputs_tick(ctx); }

int command_load(int argc, char **argv)
{
    struct load_arguments arguments;
    struct config config;
    struct live_view *view = NULL;
    struct err err = {""};
    if (argc > 1 && strcmp(argv[1], "compare") == 0)
        return command_load_compare(argc - 1, argv + 1);
    load_arguments_parse(&arguments, argc, argv);
    config_init(&config);
    struct load *load = load_new(&config, &err);
    if (!load)
        return report_failure(EXIT_FAILED, &err);
    struct report said = {
        .config = &config, .results = &load->results, .series = &load->series};
    load_listen(load, &(struct load_listener){attach_outputs, tick_outputs,
                                              &arguments.outputs});
    int code = prepare_load(load, &arguments, &said, &err);
    if (code != 0) {
        report_failure(code, &err);
    } else {
        if (!arguments.quiet)
            view = live_view_new(load, &err);
        code = load_run(load, &err);
        if (view)
            live_view_end(view);
        if (err.message[0])
            report_failure(code, &err);
        int report_code = report(load, &said, &arguments.outputs);
        code = code ? code : report_code;
    }
    load_free(load);
    live_view_free(view);
    load_arguments_fini(&arguments);
    config_fini(&config);
    return code;
}
