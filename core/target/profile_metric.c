#include "target/profile_metric.h"

#include <stdio.h>
#include <string.h>

#include "target/request_baggage.h"
#include "profile/profile.h"
#include "profile/top.h"

#define PREFIX "profile_"
#define ALLOC_BYTES "alloc_bytes"
#define ALLOC_TYPE "alloc_space"
#define SHARE "share"
#define CUM_SHARE "cum_share"
#define PER_REQUEST "per_request"
#define NOTED 3 /* functions that a note names */

bool profile_metric_is(const char *metric)
{
    return strncmp(metric, PREFIX, strlen(PREFIX)) == 0;
}

/* Returns the part of the metric's name after "profile_". */
static const char *subject(const struct profile_question *question)
{
    return profile_metric_is(question->metric)
               ? question->metric + strlen(PREFIX)
               : "";
}

static bool is_alloc_bytes(const struct profile_question *question)
{
    return strcmp(subject(question), ALLOC_BYTES) == 0;
}

static bool is_per_request(const struct profile_question *question)
{
    return strcmp(question->aggregation, PER_REQUEST) == 0;
}

static bool is_share(const struct profile_question *question)
{
    return strcmp(question->aggregation, SHARE) == 0 ||
           strcmp(question->aggregation, CUM_SHARE) == 0;
}

unsigned profile_metric_kinds(const struct profile_question *question,
                              const struct profile_kind *kinds[PROFILE_N_KINDS])
{
    const char *name = subject(question);
    unsigned n = 0;
    if (!is_alloc_bytes(question)) {
        kinds[0] = profile_kind_of_load(name, strlen(name));
        return kinds[0] ? 1 : 0;
    }
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (profile_kinds[id]->shown_type &&
            profile_kind_sample_type(profile_kinds[id], ALLOC_TYPE) >= 0)
            kinds[n++] = profile_kinds[id];
    return n;
}

static bool unknown_profile_metric(const struct profile_question *question,
                                   struct err *err)
{
    char names[128];
    profile_kind_names_of_load(names, sizeof names);
    return err_set(err,
                   "unknown metric '%.100s': after '" PREFIX
                   "' comes " ALLOC_BYTES " or a kind of profile: %s",
                   question->metric, names);
}

bool profile_metric_check(const struct profile_question *question,
                          struct err *err)
{
    const struct profile_kind *kinds[PROFILE_N_KINDS];
    const char *metric = question->metric;
    bool allocs = is_alloc_bytes(question);
    if (profile_metric_kinds(question, kinds) == 0)
        return unknown_profile_metric(question, err);
    if (!is_share(question) && !(allocs && is_per_request(question)))
        return err_set(err,
                       "'%.100s': unknown aggregation '%.100s'; %s "
                       "has " SHARE ", " CUM_SHARE "%s",
                       metric, question->aggregation, metric,
                       allocs ? ", " PER_REQUEST : "");
    if (is_share(question) && !question->function)
        return err_set(err,
                       "'%.100s': %s needs a function, as in "
                       "'%.100s{function:string.format}'",
                       metric, question->aggregation, metric);
    if (is_per_request(question) && question->name)
        return err_set(err,
                       "'%.100s': " PER_REQUEST " counts all requests and "
                       "takes no tag 'name'",
                       metric);
    return true;
}

static void note_absent(const struct profile_question *question,
                        const struct top *top, char *out, size_t size)
{
    size_t n = (size_t)snprintf(
        out, size, "the profile has no function '%.100s'", question->function);
    for (uint32_t i = 0; i < top->n && i < NOTED && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%.100s",
                              i ? ", " : "; the first are ",
                              top->entries[i].name);
}

static bool answer_from_top(const struct profile_question *question,
                            const struct top *top, uint64_t n_requests,
                            struct profile_answer *answer, struct err *err)
{
    const struct top_entry *entry =
        question->function ? top_find(top, question->function) : NULL;
    if (is_per_request(question) && n_requests == 0)
        return err_set(err, "no request finished while the profile was taken");
    if (question->function && !entry)
        note_absent(question, top, answer->note, sizeof answer->note);
    if (is_per_request(question)) {
        int64_t bytes =
            question->function ? (entry ? entry->own : 0) : top->total;
        answer->value = (double)bytes / (double)n_requests;
    } else if (entry) {
        bool own = strcmp(question->aggregation, SHARE) == 0;
        answer->value = top_share(top, own ? entry->own : entry->cum);
    }
    return true;
}

bool profile_metric_evaluate(const struct profile_question *question,
                             const struct profile *profile, uint64_t n_requests,
                             struct profile_answer *answer, struct err *err)
{
    const struct profile_kind *kinds[PROFILE_N_KINDS];
    struct top top;
    *answer = (struct profile_answer){0};
    if (!profile_metric_check(question, err))
        return false;
    profile_metric_kinds(question, kinds);
    const char *name =
        is_alloc_bytes(question) ? ALLOC_TYPE : kinds[0]->shown_type;
    uint32_t type = profile_find_sample_type(profile, name);
    if (type == profile_n_sample_types(profile))
        return err_set(err, "the profile has no values of type '%s'", name);
    struct top_filter filter = {
        .key = question->name ? REQUEST_BAGGAGE_NAME : NULL,
        .value = question->name,
    };
    if (!top_build(&top, profile, type, filter, err))
        return false;
    bool ok = answer_from_top(question, &top, n_requests, answer, err);
    top_fini(&top);
    return ok;
}
