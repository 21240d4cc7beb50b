#include "client/cookie.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static struct url_part trim_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct url_part){at, (size_t)(end - at)};
}

static bool is_attribute(struct url_part part, const char *word)
{
    return part.n == strlen(word) && strncasecmp(part.at, word, part.n) == 0;
}

/* --- dates -------------------------------------------------------------- */

struct date {
    struct tm tm;
    bool has_time, has_day, has_month, has_year;
};

/* Reads up to `most` digits at the start into *value. Returns their number. */
static size_t read_digits(struct url_part token, size_t most, int *value)
{
    size_t n = 0;
    *value = 0;
    while (n < token.n && isdigit((unsigned char)token.at[n])) {
        if (n == most)
            return 0;
        *value = *value * 10 + (token.at[n++] - '0');
    }
    return n;
}

/* "1:02:03" */
static bool read_time(struct url_part token, struct tm *tm)
{
    int *const fields[] = {&tm->tm_hour, &tm->tm_min, &tm->tm_sec};
    for (int i = 0; i < 3; i++) {
        size_t n = read_digits(token, 2, fields[i]);
        if (n == 0 || (i < 2 && (n == token.n || token.at[n] != ':')))
            return false;
        n += i < 2;
        token.at += n;
        token.n -= n;
    }
    return true;
}

static bool read_month(struct url_part token, struct tm *tm)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; token.n >= 3 && i < 12; i++)
        if (strncasecmp(token.at, names + 3 * i, 3) == 0) {
            tm->tm_mon = i;
            return true;
        }
    return false;
}

static bool read_year(struct url_part token, struct tm *tm)
{
    int year;
    size_t n = read_digits(token, 4, &year);
    if (n != 2 && n != 4)
        return false;
    if (n == 2)
        year += year < 70 ? 2000 : 1900;
    tm->tm_year = year - 1900;
    return true;
}

/* A token is the first part of a date that it can be and that is still
 * missing. */
static void read_token(struct url_part token, struct date *date)
{
    struct tm *tm = &date->tm;
    if (!date->has_time && read_time(token, tm))
        date->has_time = true;
    else if (!date->has_day && read_digits(token, 2, &tm->tm_mday) > 0)
        date->has_day = true;
    else if (!date->has_month && read_month(token, tm))
        date->has_month = true;
    else if (!date->has_year && read_year(token, tm))
        date->has_year = true;
}

static bool is_delimiter(char c)
{
    return !isalnum((unsigned char)c) && c != ':' && !((unsigned char)c & 0x80);
}

bool cookie_parse_date(const char *text, size_t n, int64_t *seconds)
{
    struct date date = {0};
    const char *at = text, *end = text + n;
    while (at < end) {
        while (at < end && is_delimiter(*at))
            at++;
        const char *token = at;
        while (at < end && !is_delimiter(*at))
            at++;
        if (at > token)
            read_token((struct url_part){token, (size_t)(at - token)}, &date);
    }
    const struct tm *tm = &date.tm;
    if (!date.has_time || !date.has_day || !date.has_month || !date.has_year ||
        tm->tm_mday < 1 || tm->tm_mday > 31 || tm->tm_year < 1601 - 1900 ||
        tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 59)
        return false;
    *seconds = timegm(&date.tm);
    return true;
}

/* --- the header --------------------------------------------------------- */

static void read_max_age(struct cookie *cookie, struct url_part value)
{
    bool negative = value.n > 0 && *value.at == '-';
    int64_t seconds = 0;
    if (value.n == (size_t)negative)
        return;
    for (size_t i = negative; i < value.n; i++) {
        if (!isdigit((unsigned char)value.at[i]))
            return;
        if (seconds < INT64_C(1) << 40)
            seconds = seconds * 10 + (value.at[i] - '0');
    }
    cookie->has_max_age = true;
    cookie->max_age_s = negative ? -seconds : seconds;
}

static void read_attribute(struct cookie *cookie, struct url_part name,
                           struct url_part value)
{
    if (is_attribute(name, "Expires")) {
        if (cookie_parse_date(value.at, value.n, &cookie->expires_s))
            cookie->has_expires = true;
    } else if (is_attribute(name, "Max-Age")) {
        read_max_age(cookie, value);
    } else if (is_attribute(name, "Domain")) {
        bool dot = value.n > 0 && *value.at == '.';
        cookie->domain = (struct url_part){value.at + dot, value.n - dot};
    } else if (is_attribute(name, "Path")) {
        bool ok = value.n > 0 && *value.at == '/';
        cookie->path = (struct url_part){value.at, ok ? value.n : 0};
    } else if (is_attribute(name, "Secure")) {
        cookie->secure = true;
    } else if (is_attribute(name, "HttpOnly")) {
        cookie->http_only = true;
    }
}

bool cookie_parse(struct cookie *cookie, const char *text)
{
    *cookie = (struct cookie){0};
    bool first = true;
    for (const char *at = text; first || *at; first = false) {
        const char *end = at + strcspn(at, ";");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        struct url_part name = trim_blanks(at, equals ? equals : end);
        struct url_part value = trim_blanks(equals ? equals + 1 : end, end);
        if (!first) {
            read_attribute(cookie, name, value);
        } else if (!equals || !cookie_is_name(name.at, name.n) ||
                   !cookie_is_value(value.at, value.n)) {
            return false;
        } else {
            cookie->name = name;
            cookie->value = value;
        }
        at = *end ? end + 1 : end;
    }
    return true;
}

static bool has_none_of(const char *text, size_t n, const char *forbidden)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f ||
            strchr(forbidden, text[i]))
            return false;
    return true;
}

bool cookie_is_name(const char *text, size_t n)
{
    return n > 0 && has_none_of(text, n, "=; \t,");
}

bool cookie_is_value(const char *text, size_t n)
{
    return has_none_of(text, n, ";");
}
