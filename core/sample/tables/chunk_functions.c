/* chunk_functions.c -- one pass over the tokens. A name comes from the
 * keyword's statement, `function a.b:c`, or from the target that the function
 * is assigned to: `a.b = function`, `x, y = 1, function`, `{ ["key"] = function
 * }`, `f = f or function`. To know which target that is, the pass keeps a stack
 * of what the text is inside of.
 */
#include "sample/tables/chunk_functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/index.h"
#include "base/lexer.h"

enum {
    FIRST_LEVELS = 16,
    MAX_TARGETS = 8, /* of an assignment; more have no names */
};

struct targets {
    unsigned n;
    struct chunk_path paths[MAX_TARGETS];
};

/* What the text is inside of: a function, a block or a bracket. */
struct level {
    char opener;       /* 'f', 'b' (a block), '(', '{', '[' */
    uint32_t function; /* of an 'f' */
    bool is_local;     /* between `local` and its `=` */
    bool is_assigning; /* the values of `assigned` follow */
    unsigned n_values; /* of these that are complete */
    struct targets assigned;
    struct targets before; /* targets that may stand before the next `=` */
};

struct reader {
    struct lexer lexer;
    struct token previous;
    struct chunk_path path; /* of the expression that has just been read */
    struct level *levels;
    uint32_t depth, n_levels; /* levels[depth] is the innermost */
    struct chunk_function *found;
    uint32_t n_found, n_allocated;
    struct chunk_path
        returned; /* NAME in the `return NAME` that ends the text */
    bool failed;
};

static struct level *innermost(struct reader *r)
{
    return &r->levels[r->depth];
}

static void open_level(struct reader *r, char opener)
{
    struct level *grown = array_grow(r->levels, r->depth + 1, &r->n_levels,
                                     FIRST_LEVELS, sizeof *grown);
    if (!grown) {
        r->failed = true;
        return;
    }
    r->levels = grown;
    r->depth++;
    struct level *level = innermost(r);
    level->opener = opener;
    level->is_local = level->is_assigning = false;
    level->before.n = 0;
}

static void close_level(struct reader *r, char opener)
{
    if (r->depth == 0 || innermost(r)->opener != opener)
        r->failed = true;
    else
        r->depth--;
}

static uint32_t hash_text(const char *start, const char *end)
{
    uint64_t hash = index_hash(start, (size_t)(end - start), 0);
    uint32_t folded = (uint32_t)(hash ^ hash >> 32);
    return folded ? folded : 1;
}

/* Appends a function. Returns its position. */
static uint32_t append_found(struct reader *r, const char *start, int line,
                             struct chunk_path path)
{
    struct chunk_function *grown =
        array_grow(r->found, r->n_found, &r->n_allocated, 32, sizeof *grown);
    if (!grown) {
        r->failed = true;
        return 0;
    }
    r->found = grown;
    r->found[r->n_found] = (struct chunk_function){path, start, line, 0};
    return r->n_found++;
}

static struct token peek_token(const struct reader *r, unsigned n)
{
    struct lexer lexer = r->lexer;
    struct token token = lexer_next(&lexer);
    while (n-- > 0)
        token = lexer_next(&lexer);
    return token;
}

static struct token take_token(struct reader *r)
{
    return r->previous = lexer_next(&r->lexer);
}

/* Reads `a.b:c` behind the keyword of a statement. */
static struct chunk_path read_declared(struct reader *r)
{
    struct token token = take_token(r);
    struct chunk_path path = {token.text, token.text + token.n};
    while ((token = peek_token(r, 0)).character == '.' ||
           token.character == ':') {
        take_token(r);
        token = take_token(r);
        path.end = token.text + token.n;
    }
    return path;
}

/* Returns the target that takes the value which begins behind `before`. */
static struct chunk_path target_of_value(const struct level *level,
                                         const struct token *before)
{
    bool begins = before->character == '=' || before->character == ',' ||
                  before->kind == TOKEN_AND || before->kind == TOKEN_OR;
    if (begins && level->is_assigning && level->n_values < level->assigned.n)
        return level->assigned.paths[level->n_values];
    return (struct chunk_path){0};
}

/* Begins a function, whose keyword was read. Lua takes the line of a statement
 * from the keyword and all others' from the parenthesis. */
static void begin_function(struct reader *r, const struct token *keyword,
                           const struct token *before)
{
    struct chunk_path path = target_of_value(innermost(r), before);
    int line = keyword->line;
    bool is_statement = peek_token(r, 0).kind == TOKEN_NAME;
    if (is_statement)
        path = read_declared(r);
    if (!is_statement || before->kind == TOKEN_LOCAL)
        line = peek_token(r, 0).line;
    innermost(r)->is_local = false;
    open_level(r, 'f');
    innermost(r)->function = append_found(r, keyword->text, line, path);
    r->path.start = NULL;
}

static void end_block(struct reader *r, const struct token *end)
{
    struct level *level = innermost(r);
    if (level->opener == 'f' && level->function < r->n_found) {
        struct chunk_function *found = &r->found[level->function];
        found->text = hash_text(found->start, end->text + end->n);
        close_level(r, 'f');
    } else {
        close_level(r, 'b');
    }
}

static void add_target(struct targets *targets, struct chunk_path path)
{
    if (targets->n < MAX_TARGETS)
        targets->paths[targets->n++] = path;
}

/* Returns true for a string in quotes that could stand behind a point. */
static bool is_name_string(const struct token *token)
{
    if (token->kind != TOKEN_STRING || *token->text == '[' || token->n < 3)
        return false;
    struct lexer lexer = lexer_begin(token->text + 1, token->n - 2);
    struct token name = lexer_next(&lexer);
    return name.kind == TOKEN_NAME && name.n == token->n - 2;
}

/* Reads `["key"]` if the key is a name and the bracket belongs to a path.
 * Returns false if not: a function with another key has no name. */
static bool read_key(struct reader *r, const struct token *bracket,
                     const struct token *before)
{
    bool begins = innermost(r)->opener == '{' &&
                  (before->character == '{' || before->character == ',' ||
                   before->character == ';');
    struct token key = peek_token(r, 0), close = peek_token(r, 1);
    if ((!begins && !r->path.start) || close.character != ']' ||
        !is_name_string(&key))
        return false;
    if (begins)
        r->path.start = bracket->text;
    r->path.end = close.text + 1;
    take_token(r);
    take_token(r);
    return true;
}

/* Reads punctuation inside a block, a function or a table. */
static void read_separator(struct reader *r, const struct token *token)
{
    struct level *level = innermost(r);
    bool is_target = level->opener != '(' && level->opener != '[';
    if (token->character == '.' || token->character == ':')
        return;
    if (token->character == '<' && level->is_local && r->path.start &&
        peek_token(r, 1).character == '>') { /* an attribute: <const> */
        take_token(r);
        take_token(r);
        return;
    }
    if (token->character == '=' && is_target) {
        add_target(&level->before, r->path);
        level->assigned = level->before;
        level->before.n = level->n_values = 0;
        level->is_assigning = true;
        level->is_local = false;
    } else if (token->character == ',' && is_target) {
        level->n_values++;
        if (level->opener == '{')
            level->is_assigning = false;
        else
            add_target(&level->before, r->path);
    } else if (token->character == ';') {
        level->is_assigning = false;
        level->before.n = 0;
    }
    r->path.start = NULL;
}

static void read_punctuation(struct reader *r, const struct token *token,
                             const struct token *before)
{
    switch (token->character) {
    case '(':
    case '{':
        open_level(r, token->character);
        r->path.start = NULL;
        break;
    case '[':
        if (read_key(r, token, before))
            break;
        open_level(r, '[');
        r->path.start = NULL;
        break;
    case ')':
        close_level(r, '(');
        r->path.start = NULL;
        break;
    case '}':
        close_level(r, '{');
        r->path.start = NULL;
        break;
    case ']':
        close_level(r, '[');
        r->path.start = NULL;
        break;
    default:
        read_separator(r, token);
    }
}

/* A name continues the path behind a point. Behind a colon it is a method that
 * is called. Elsewhere it begins a path, and behind anything but a comma it
 * begins a statement or a value. */
static void read_name(struct reader *r, const struct token *name,
                      const struct token *before)
{
    if (before->character == ':') {
        r->path.start = NULL;
        return;
    }
    if (before->character != '.' || !r->path.start)
        r->path.start = name->text;
    if (before->character != '.' && before->character != ',')
        innermost(r)->before.n = 0;
    r->path.end = name->text + name->n;
}

/* Notes NAME if `return NAME` ends the text. */
static void read_return(struct reader *r)
{
    struct token name = peek_token(r, 0), after = peek_token(r, 1);
    if (after.character == ';')
        after = peek_token(r, 2);
    if (r->depth == 0 && name.kind == TOKEN_NAME && after.kind == TOKEN_END)
        r->returned = (struct chunk_path){name.text, name.text + name.n};
}

/* Begins a statement: no target that was read before is meant any more. */
static void begin_statement(struct reader *r)
{
    struct level *level = innermost(r);
    level->is_assigning = level->is_local = false;
    level->before.n = 0;
}

static void read_token(struct reader *r, const struct token *token,
                       const struct token *before)
{
    switch (token->kind) {
    case TOKEN_NAME:
        read_name(r, token, before);
        return;
    case TOKEN_OTHER:
        read_punctuation(r, token, before);
        return;
    case TOKEN_FUNCTION:
        begin_function(r, token, before);
        return;
    case TOKEN_DO:
    case TOKEN_IF:
    case TOKEN_REPEAT:
        begin_statement(r);
        open_level(r, 'b');
        break;
    case TOKEN_END_KEYWORD:
        end_block(r, token);
        break;
    case TOKEN_UNTIL:
        close_level(r, 'b');
        break;
    case TOKEN_LOCAL:
        begin_statement(r);
        innermost(r)->is_local = true;
        break;
    case TOKEN_RETURN:
        begin_statement(r);
        read_return(r);
        break;
    case TOKEN_KEYWORD:
        begin_statement(r);
        break;
    default: /* a string, a number, and, or, not, nil, true, false */
        break;
    }
    r->path.start = NULL;
}

/* Finds the functions behind the main chunk. */
static void find_functions(struct reader *r)
{
    *innermost(r) = (struct level){.opener = 'f', .function = UINT32_MAX};
    for (;;) {
        struct token before = r->previous;
        struct token token = take_token(r);
        if (token.kind == TOKEN_END || r->failed)
            break;
        read_token(r, &token, &before);
    }
    r->failed = r->failed || r->depth > 0;
}

/* Returns true if chunk.c has wrapped the text. */
static bool is_wrapped(const char *text, size_t n)
{
    size_t head = strlen(CHUNK_HEAD), tail = strlen(CHUNK_TAIL);
    return n >= head + tail && memcmp(text, CHUNK_HEAD, head) == 0 &&
           memcmp(text + n - tail, CHUNK_TAIL, tail) == 0;
}

bool chunk_functions_read(struct chunk_functions *functions, const char *text,
                          size_t n)
{
    *functions = (struct chunk_functions){0};
    struct reader r = {.levels = malloc(FIRST_LEVELS * sizeof *r.levels),
                       .n_levels = FIRST_LEVELS};
    if (!r.levels)
        return false;
    bool wrapped = is_wrapped(text, n);
    const char *start = wrapped ? text + strlen(CHUNK_HEAD) : text;
    const char *end = wrapped ? text + n - strlen(CHUNK_TAIL) : text + n;
    r.lexer = lexer_begin(start, (size_t)(end - start));
    for (int i = 0; i < 1 + wrapped; i++) {
        uint32_t main_chunk =
            append_found(&r, start, 0, (struct chunk_path){0});
        if (r.found)
            r.found[main_chunk].text = hash_text(start, end);
    }
    if (!r.failed)
        find_functions(&r);
    free(r.levels);
    if (r.failed) {
        free(r.found);
        return false;
    }
    *functions = (struct chunk_functions){r.n_found, r.found, r.returned};
    return true;
}

void chunk_functions_free(struct chunk_functions *functions)
{
    free(functions->functions);
    *functions = (struct chunk_functions){0};
}
