/* log.h -- one line per event, on stderr. [any thread]
 *
 *   log_write(LOG_INFO, "listening",
 *             LOG_FIELDS(log_text("address", a), log_integer("workers", 2)));
 *
 * as logfmt
 *
 *   time=2026-01-02T03:04:05.678Z level=info event=listening address=:80
 * workers=2
 *
 * or as a JSON object with the same members.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

enum log_type { LOG_TEXT, LOG_INTEGER, LOG_NUMBER, LOG_BOOLEAN };

struct log_field {
    const char *key; /* a word: log_is_word */
    enum log_type type;
    union {
        const char *text; /* any bytes; NULL is "" */
        int64_t integer;
        double number;
        bool boolean;
    } value;
};

static inline struct log_field log_text(const char *key, const char *text)
{
    return (struct log_field){key, LOG_TEXT, {.text = text}};
}

static inline struct log_field log_integer(const char *key, int64_t integer)
{
    return (struct log_field){key, LOG_INTEGER, {.integer = integer}};
}

static inline struct log_field log_number(const char *key, double number)
{
    return (struct log_field){key, LOG_NUMBER, {.number = number}};
}

static inline struct log_field log_boolean(const char *key, bool boolean)
{
    return (struct log_field){key, LOG_BOOLEAN, {.boolean = boolean}};
}

/* The last two arguments of log_write. */
#define LOG_FIELDS(...)                                                        \
    (const struct log_field[]){__VA_ARGS__},                                   \
        sizeof((const struct log_field[]){__VA_ARGS__}) /                      \
            sizeof(struct log_field)

/* LOG_INFO and LOG_LOGFMT at start. Lines below the level are dropped. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);

/* `event` is a word. Texts are cut after 8 KiB; without memory there is no
 * line. */
void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n_fields);

/* Where lines go instead of to stderr: each whole, with its line end, by any
 * thread. NULL: to stderr again. The struct must stay until no thread logs. */
struct log_writer {
    void (*write)(void *ctx, const char *line, size_t n); /* [any thread] */
    void *ctx;
};
void log_set_writer(const struct log_writer *writer);

/* Letters, digits, _ - and . only, at least one. */
bool log_is_word(const char *text);

#endif
