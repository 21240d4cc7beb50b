#include "measure/threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/format.h"

static const struct word {
    const char *name;
    enum threshold_aggregation aggregation;
} words[] = {
    {"count", THRESHOLD_COUNT},         {"rate", THRESHOLD_RATE},
    {"value", THRESHOLD_VALUE},         {"share", THRESHOLD_SHARE},
    {"cum_share", THRESHOLD_CUM_SHARE}, {"per_request", THRESHOLD_PER_REQUEST},
};

/* A sign that is the beginning of another one comes after it. */
static const struct sign {
    const char *text;
    enum threshold_operator operator;
} signs[] = {
    {"<=", THRESHOLD_LESS_EQUAL},    {"<", THRESHOLD_LESS},
    {">=", THRESHOLD_GREATER_EQUAL}, {">", THRESHOLD_GREATER},
    {"===", THRESHOLD_EQUAL},        {"==", THRESHOLD_EQUAL},
    {"!=", THRESHOLD_NOT_EQUAL},
};

static bool refuse_threshold(const char *text, const char *why, struct err *err)
{
    return err_set(err,
                   "'%.200s' is not a threshold: %s; one is written as "
                   "\"p(95)<200\": avg, min, max, med, p(N), count, rate or "
                   "value (of a profile: share, cum_share or per_request), "
                   "then < <= > >= == === or !=, and a number",
                   text, why);
}

static bool parse_aggregation(struct threshold *threshold, const char *text,
                              size_t n)
{
    if (n > TREND_STAT_NAME_MAX)
        return false;
    memcpy(threshold->name, text, n);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, threshold->name) == 0) {
            threshold->aggregation = words[i].aggregation;
            return true;
        }
    return trend_stat_parse(&threshold->stat, text, n);
}

/* Parses the operator and moves *at behind it. */
static bool parse_operator(struct threshold *threshold, const char **at)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].text);
        if (strncmp(*at, signs[i].text, n) == 0) {
            threshold->operator= signs[i].operator;
            *at += n;
            return true;
        }
    }
    return false;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool threshold_parse(struct threshold *threshold, const char *text,
                     struct err *err)
{
    char *end;
    *threshold = (struct threshold){.aggregation = THRESHOLD_TREND};
    if (strlen(text) > THRESHOLD_TEXT_MAX)
        return refuse_threshold(text, "it is too long", err);
    strcpy(threshold->text, text);
    while (is_blank(*text))
        text++;
    const char *at = text + strcspn(text, "<>=!");
    size_t n = (size_t)(at - text);
    while (n > 0 && is_blank(text[n - 1]))
        n--;
    if (!parse_aggregation(threshold, text, n))
        return refuse_threshold(threshold->text, "no such aggregation", err);
    if (!parse_operator(threshold, &at))
        return refuse_threshold(threshold->text, "the operator is missing",
                                err);
    threshold->bound = strtod(at, &end);
    while (is_blank(*end))
        end++;
    if (end == at || *end != '\0' || !isfinite(threshold->bound))
        return refuse_threshold(
            threshold->text,
            "what follows the operator is not a number (times "
            "are in milliseconds, shares from 0 to 1)",
            err);
    return true;
}

const char *threshold_allowed(enum metric_kind kind)
{
    static const char *const allowed[] = {
        [METRIC_COUNTER] = "count, rate",
        [METRIC_GAUGE] = "value",
        [METRIC_RATE] = "rate",
        [METRIC_TREND] = "avg, min, max, med, p(N)",
    };
    return allowed[kind];
}

bool threshold_suits(const struct threshold *threshold, enum metric_kind kind)
{
    switch (threshold->aggregation) {
    case THRESHOLD_TREND:
        return kind == METRIC_TREND;
    case THRESHOLD_COUNT:
        return kind == METRIC_COUNTER;
    case THRESHOLD_RATE:
        return kind == METRIC_COUNTER || kind == METRIC_RATE;
    case THRESHOLD_VALUE:
        return kind == METRIC_GAUGE;
    default:
        return false;
    }
}

double threshold_measure(const struct threshold *threshold,
                         const struct metric *metric, double seconds)
{
    switch (threshold->aggregation) {
    case THRESHOLD_TREND:
        return trend_stat_value(&threshold->stat, &metric->values);
    case THRESHOLD_COUNT:
        return metric->sum;
    case THRESHOLD_RATE:
        if (metric->kind == METRIC_COUNTER)
            return seconds > 0 ? metric->sum / seconds : 0;
        return metric->count ? metric->sum / (double)metric->count : 0;
    default:
        return metric->last;
    }
}

static bool holds(const struct threshold *threshold, double value)
{
    switch (threshold->operator) {
    case THRESHOLD_LESS:
        return value < threshold->bound;
    case THRESHOLD_LESS_EQUAL:
        return value <= threshold->bound;
    case THRESHOLD_GREATER:
        return value > threshold->bound;
    case THRESHOLD_GREATER_EQUAL:
        return value >= threshold->bound;
    case THRESHOLD_EQUAL:
        return value == threshold->bound;
    case THRESHOLD_NOT_EQUAL:
        return value != threshold->bound;
    }
    return false;
}

void threshold_judge(struct threshold *threshold, double value)
{
    threshold->judged = true;
    threshold->value = value;
    threshold->failed = !holds(threshold, value);
}

const char *threshold_format(char *out, size_t size,
                             const struct threshold *threshold,
                             enum metric_kind kind, enum metric_unit unit)
{
    char text[64];
    const char *per = "";
    switch (threshold->aggregation) {
    case THRESHOLD_SHARE:
    case THRESHOLD_CUM_SHARE:
        format_share(text, sizeof text, threshold->value, 1);
        break;
    case THRESHOLD_RATE:
        if (kind == METRIC_RATE) {
            format_share(text, sizeof text, threshold->value, 1);
            break;
        }
        per = "/s";
        /* fall through */
    default:
        format_value(text, sizeof text, unit, threshold->value);
    }
    snprintf(out, size, "%s=%s%s", threshold->name, text, per);
    return out;
}
