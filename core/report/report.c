#include "report/report.h"

#include "base/clock.h"
#include "load/load.h"

static const char *describe_end(const struct load *load)
{
    switch (load->stopped) {
    case LOAD_STOPPED_BY_SIGNAL:
        return "by a signal, or by q";
    case LOAD_STOPPED_BY_SCRIPT:
        return "by the script";
    case LOAD_STOPPED_BY_THRESHOLD:
        return "by a threshold";
    case LOAD_NOT_STOPPED:
        break;
    }
    return NULL;
}

void report_finish(struct report *report, const struct load *load)
{
    int64_t since_ns = clock_mono_ns() - load->results.start_ns;
    report->title = load->url ? load->url : load->script;
    report->target = first_target_get(&load->profiles.target);
    report->started_ns = clock_wall_ns() - since_ns;
    report->ended = describe_end(load);
    report->cpu_ns = load->cpu_ns;
    report->least_idle = load->least_idle;
    report->profiles = load->profiles.capture;
    report->overhead = load->profiles.overhead;
    report->windows = &load->windows;
}
