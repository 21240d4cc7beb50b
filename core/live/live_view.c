#include "live/live_view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "live/live_block.h"
#include "load/load.h"

#define DRAW_MS 500
#define PLAIN_MS 10000
#define FD STDERR_FILENO

struct live_view {
    struct load *load;
    bool draws; /* stderr is a terminal */
    struct live_recent recent;
    struct live_state state;
    struct live_style style;
    bool asking;
    bool polls; /* stdin is read for keys */
    uv_poll_t keys;
    uv_signal_t resized, suspended, continued;

    pthread_mutex_t lock; /* guards the frame and writes to the terminal */
    struct log_writer writer;
    struct buf
        frame; /* the bytes that draw the block, with the cursor on the
                  resting line before and after; empty if there is none */
};

/* --- drawing ------------------------------------------------------------- */

static void write_to_terminal(const char *data, size_t n)
{
    while (n > 0) {
        ssize_t written = write(FD, data, n);
        if (written > 0) {
            data += written;
            n -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = FD, .events = POLLOUT}, 1, 100);
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}

/* Makes the frame: the resting line, then the block. Lines are overwritten and
 * their ends cleared, which does not flicker. Wrapping is off, because the
 * terminal may just have become narrower. */
static void make_frame(struct live_view *view)
{
    struct buf *frame = &view->frame;
    frame->len = 0;
    buf_puts(frame, "\r\033[?7l\033[K\n");
    size_t begin = frame->len;
    struct live_style style = view->style;
    style.rows = style.rows > 2 ? style.rows - 2 : 0;
    live_block_draw(frame, &view->state, &style);
    unsigned n_lines = 1;
    for (size_t i = begin; i < frame->len && !frame->failed; i++)
        n_lines += frame->data[i] == '\n';
    buf_printf(frame, "\033[J\033[%uA\r\033[?7h", n_lines);
    if (frame->failed)
        buf_fini(frame);
}

static void draw(struct live_view *view)
{
    live_state_read(&view->state, view->load, &view->recent);
    view->state.has_keys = view->polls;
    view->state.asking = view->asking;
    terminal_size(FD, &view->style.columns, &view->style.rows);
    pthread_mutex_lock(&view->lock);
    make_frame(view);
    write_to_terminal(view->frame.data, view->frame.len);
    terminal_set_drawn(view->frame.len > 0);
    pthread_mutex_unlock(&view->lock);
}

/* Writes a line in place of the block, and the block below it. */
static void write_log_line(void *ctx, const char *line, size_t n)
{
    struct live_view *view = ctx;
    struct buf out = BUF_INIT;
    pthread_mutex_lock(&view->lock);
    if (view->frame.len)
        buf_puts(&out, TERMINAL_CLEAR);
    buf_append(&out, line, n);
    buf_append(&out, view->frame.data, view->frame.len);
    if (out.failed)
        write_to_terminal(line, n);
    else
        write_to_terminal(out.data, out.len);
    pthread_mutex_unlock(&view->lock);
    buf_fini(&out);
}

/* --- keys ---------------------------------------------------------------- */

static void press(struct live_view *view, char key)
{
    if (view->asking && (key == 'y' || key == 'Y'))
        load_stop(view->load, LOAD_STOPPED_BY_SIGNAL, -1);
    view->asking = !view->asking && (key == 'q' || key == 'Q') &&
                   view->load->stopped == LOAD_NOT_STOPPED;
}

static void on_key(uv_poll_t *poll, int status, int events)
{
    struct live_view *view = poll->data;
    char keys[64];
    (void)events;
    if (!terminal_is_ours(FD)) /* reading would stop the process */
        return;
    ssize_t n = read(terminal_keys(), keys, sizeof keys);
    if (status < 0 || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        uv_poll_stop(poll);
        view->polls = false;
    }
    for (ssize_t i = 0; i < n; i++)
        press(view, keys[i]);
    draw(view);
}

static void poll_keys(struct live_view *view)
{
    bool wanted = terminal_keys() >= 0 && terminal_is_ours(FD);
    if (wanted && !view->polls)
        view->polls = uv_poll_start(&view->keys, UV_READABLE, on_key) == 0;
    else if (!wanted && view->polls) {
        uv_poll_stop(&view->keys);
        view->polls = false;
    }
}

/* --- the terminal, which a shell may take and give back ------------------ */

static void let_go(struct live_view *view)
{
    pthread_mutex_lock(&view->lock);
    view->frame.len = 0;
    terminal_release();
    terminal_set_drawn(false);
    pthread_mutex_unlock(&view->lock);
}

static void on_suspended(uv_signal_t *handle, int number)
{
    (void)number;
    let_go(handle->data);
    raise(SIGSTOP);
}

static void show_block(struct live_view *view)
{
    poll_keys(view);
    if (!terminal_is_ours(FD)) {
        let_go(view);
        return;
    }
    terminal_take(FD);
    draw(view);
}

static void on_changed(uv_signal_t *handle, int number)
{
    (void)number;
    show_block(handle->data);
}

/* --- the ticks ----------------------------------------------------------- */

static void write_plain(struct live_view *view)
{
    struct buf out = BUF_INIT;
    live_state_read(&view->state, view->load, &view->recent);
    live_block_draw_plain(&out, &view->state);
    if (!out.failed)
        write_to_terminal(out.data, out.len);
    buf_fini(&out);
}

static void on_draw_tick(void *ctx, struct load *load)
{
    struct live_view *view = ctx;
    if (load->phase == LOAD_SCENARIOS)
        live_recent_update(&view->recent, load);
    if (view->draws)
        show_block(view);
    else
        write_plain(view);
}

static void watch(struct live_view *view, uv_signal_t *handle, int number,
                  uv_signal_cb callback)
{
    uv_signal_init(&view->load->loop, handle);
    handle->data = view;
    signals_start(handle, callback, number);
}

static void open_terminal(struct live_view *view)
{
    uv_loop_t *loop = &view->load->loop;
    watch(view, &view->resized, SIGWINCH, on_changed);
    watch(view, &view->continued, SIGCONT, on_changed);
    watch(view, &view->suspended, SIGTSTP, on_suspended);
    view->style.utf8 = terminal_has_utf8();
    view->style.colours = terminal_has_colours();
    view->keys.data = view;
    terminal_take(FD);
    if (terminal_keys() >= 0)
        uv_poll_init(loop, &view->keys, terminal_keys());
    view->writer = (struct log_writer){write_log_line, view};
    log_set_writer(&view->writer);
}

struct live_view *live_view_new(struct load *load, struct err *err)
{
    struct live_view *view = calloc(1, sizeof *view);
    if (!view) {
        err_set(err, "out of memory");
        return NULL;
    }
    view->load = load;
    view->draws = terminal_is_drawable(FD);
    pthread_mutex_init(&view->lock, NULL);
    live_recent_init(&view->recent, view->draws ? LIVE_MARKS_MAX : 1);
    if (view->draws)
        open_terminal(view);
    struct load_observer observer = {
        .period_ms = view->draws ? DRAW_MS : PLAIN_MS,
        .tick = on_draw_tick,
        .ctx = view,
    };
    load_observe(load, &observer);
    return view;
}

void live_view_end(struct live_view *view)
{
    if (!view->draws)
        return;
    log_set_writer(NULL);
    let_go(view);
    uv_close((uv_handle_t *)&view->resized, NULL);
    uv_close((uv_handle_t *)&view->continued, NULL);
    uv_close((uv_handle_t *)&view->suspended, NULL);
    if (terminal_keys() >= 0)
        uv_close((uv_handle_t *)&view->keys, NULL);
}

void live_view_free(struct live_view *view)
{
    if (!view)
        return;
    live_recent_fini(&view->recent);
    buf_fini(&view->frame);
    pthread_mutex_destroy(&view->lock);
    free(view);
}
