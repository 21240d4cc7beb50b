#include "measure/trend_stat.h"

#include <stdlib.h>
#include <string.h>

static const struct word {
    const char *name;
    enum trend_stat_kind kind;
} words[] = {
    {"avg", TREND_AVG}, {"min", TREND_MIN},     {"med", TREND_MED},
    {"max", TREND_MAX}, {"count", TREND_COUNT},
};

const struct trend_stats trend_stats_default = {
    .all = {{"avg", TREND_AVG, 0},
            {"min", TREND_MIN, 0},
            {"med", TREND_MED, 50},
            {"max", TREND_MAX, 0},
            {"p(90)", TREND_PERCENTILE, 90},
            {"p(95)", TREND_PERCENTILE, 95},
            {"p(99)", TREND_PERCENTILE, 99},
            {"p(99.9)", TREND_PERCENTILE, 99.9}},
    .n = 8,
};

/* Parses the N of "p(N)". */
static bool parse_percentile(const char *text, double *percentile)
{
    char *end;
    if (strncmp(text, "p(", 2) != 0 ||
        text[2 + strspn(text + 2, "0123456789.")] != ')')
        return false;
    *percentile = strtod(text + 2, &end);
    return end > text + 2 && strcmp(end, ")") == 0 && *percentile <= 100;
}

bool trend_stat_parse(struct trend_stat *stat, const char *text, size_t n)
{
    *stat = (struct trend_stat){.kind = TREND_PERCENTILE};
    if (n > TREND_STAT_NAME_MAX)
        return false;
    memcpy(stat->name, text, n);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, stat->name) == 0) {
            stat->kind = words[i].kind;
            return true;
        }
    return parse_percentile(stat->name, &stat->percentile);
}

double trend_stat_value(const struct trend_stat *stat,
                        const struct histogram *values)
{
    if (values->count == 0)
        return 0;
    switch (stat->kind) {
    case TREND_AVG:
        return values->sum / (double)values->count;
    case TREND_MIN:
        return values->least;
    case TREND_MED:
        return histogram_quantile(values, 0.5);
    case TREND_MAX:
        return values->greatest;
    case TREND_COUNT:
        return (double)values->count;
    default:
        return histogram_quantile(values, stat->percentile / 100);
    }
}

bool trend_stats_add(struct trend_stats *stats, const char *text, size_t n,
                     struct err *err)
{
    if (stats->n == TREND_STATS_MAX)
        return err_set(err, "more than %d of them", TREND_STATS_MAX);
    if (!trend_stat_parse(&stats->all[stats->n], text, n))
        return err_set(err, "'%.*s' is not one of " TREND_STAT_GRAMMAR,
                       n > 100 ? 100 : (int)n, text);
    stats->n++;
    return true;
}

bool trend_stats_parse(struct trend_stats *stats, const char *text,
                       struct err *err)
{
    stats->n = 0;
    for (;;) {
        size_t n = strcspn(text, ",");
        if (!trend_stats_add(stats, text, n, err))
            return false;
        if (text[n] == '\0')
            return true;
        text += n + 1;
    }
}
