/* log.h -- one logfmt line per event, on stderr. [any thread]
 *
 *   time=2026-01-02T03:04:05.678Z level=info event=listening address=127.0.0.1
 *
 * Fields are given as printf text that is already logfmt: quote a value of
 * unknown content with log_quote.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below this level are dropped. LOG_INFO at start. */
void log_set_level(enum log_level level);

/* `event` is one word; `format` the fields, "" for none. */
void log_write(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `value` in double quotes, with quotes, backslashes and line ends escaped,
 * cut to fit `out`. Returns out. */
const char *log_quote(char *out, size_t size, const char *value);

#endif
