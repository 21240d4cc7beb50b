/* log.h -- writes one line per event to stderr. [any thread]
 *
 *   log_write(LOG_INFO, "listening",
 *             LOG_FIELDS(log_text("address", a), log_integer("workers", 2)));
 *
 * writes, as logfmt or as a JSON object with the same members,
 *
 *   time=2026-01-02T03:04:05.678Z level=info event=listening
 *     address=:80 workers=2
 *
 * on one line. A line is one write, so the lines of several threads do not mix
 * (on a pipe: lines of up to 4 KiB, PIPE_BUF). A thread that logs waits if
 * stderr is a pipe that nobody empties. Level, format and destination hold for
 * the whole process; cli/ sets them.
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
    const char *key; /* a word, see log_is_word */
    enum log_type type;
    union {
        const char *text; /* any bytes; NULL stands for "" */
        int64_t integer;
        double number;
        bool boolean;
    } value;
};

/* Make a field of a type. */
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

/* Makes the last two arguments of log_write. */
#define LOG_FIELDS(...)                                                        \
    (const struct log_field[]){__VA_ARGS__},                                   \
        sizeof((const struct log_field[]){__VA_ARGS__}) /                      \
            sizeof(struct log_field)

/* Set the least level that is written, LOG_INFO at start, and the format,
 * LOG_LOGFMT at start. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);

/* Writes a line if `level` is high enough. `event` is a word. Texts are cut
 * after 8 KiB. If out of memory, no line is written. */
void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n_fields);

/* Receives the lines in place of stderr, for instance for the live view of a
 * load test, which must not be overwritten. */
struct log_writer {
    /* Gets one whole line with its line end. [any thread] */
    void (*write)(void *ctx, const char *line, size_t n);
    void *ctx;
};

/* Sends the lines to `writer`, or to stderr again if `writer` is NULL. The
 * struct must stay until no thread logs any more. */
void log_set_writer(const struct log_writer *writer);

/* Returns true if `text` has one or more characters and all of them are
 * letters, digits, `_`, `-` or `.`. */
bool log_is_word(const char *text);

#endif
