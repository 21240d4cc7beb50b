#include "base/lexer.h"

#include <stdbool.h>
#include <string.h>

/* What a character may begin or continue. */
enum { LETTER = 1, DIGIT = 2, BLANK = 4, LINE_END = 8 };

static const unsigned char classes[256] = {
    ['0' ... '9'] = DIGIT, ['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER,
    ['_'] = LETTER,        [' '] = BLANK,          ['\t'] = BLANK,
    ['\v'] = BLANK,        ['\f'] = BLANK,         ['\n'] = LINE_END,
    ['\r'] = LINE_END,
};

static bool has_class(char c, int class)
{
    return classes[(unsigned char)c] & class;
}

struct lexer lexer_begin(const char *text, size_t n)
{
    return (struct lexer){text, text + n, 1};
}

/* Skips one line end, which may be two characters: "\r\n" or "\n\r". */
static void skip_line_end(struct lexer *x)
{
    char first = *x->at++;
    if (x->at < x->end && has_class(*x->at, LINE_END) && *x->at != first)
        x->at++;
    x->line++;
}

/* Returns the number of `=` in the long bracket that begins at `s`, or -1 if
 * there is none. */
static int long_bracket_level(const char *s, const char *end)
{
    const char *c = s + 1;
    while (c < end && *c == '=')
        c++;
    return c < end && *c == '[' ? (int)(c - s) - 1 : -1;
}

/* Skips a long string or comment, whose bracket begins here. */
static void skip_long(struct lexer *x, int level)
{
    x->at += level + 2;
    while (x->at < x->end) {
        if (has_class(*x->at, LINE_END)) {
            skip_line_end(x);
            continue;
        }
        if (*x->at++ != ']')
            continue;
        int n = 0;
        while (x->at + n < x->end && x->at[n] == '=')
            n++;
        if (n == level && x->at + n < x->end && x->at[n] == ']') {
            x->at += n + 1;
            return;
        }
    }
}

/* Skips a comment, of which the two dashes are behind. */
static void skip_comment(struct lexer *x)
{
    if (x->at < x->end && *x->at == '[') {
        int level = long_bracket_level(x->at, x->end);
        if (level >= 0) {
            skip_long(x, level);
            return;
        }
    }
    while (x->at < x->end && !has_class(*x->at, LINE_END))
        x->at++;
}

static void skip_blanks(struct lexer *x)
{
    for (; x->at < x->end;) {
        if (has_class(*x->at, BLANK)) {
            x->at++;
        } else if (has_class(*x->at, LINE_END)) {
            skip_line_end(x);
        } else if (*x->at == '-' && x->at + 1 < x->end && x->at[1] == '-') {
            x->at += 2;
            skip_comment(x);
        } else {
            return;
        }
    }
}

/* Skips a string in quotes. `\` makes any character part of the string, a line
 * end too, and `\z` all blanks that follow. */
static void skip_quoted(struct lexer *x)
{
    char quote = *x->at++;
    while (x->at < x->end && *x->at != quote) {
        bool escaped = *x->at == '\\' && x->at + 1 < x->end;
        x->at += escaped;
        if (escaped && *x->at == 'z') {
            for (x->at++;
                 x->at < x->end && has_class(*x->at, BLANK | LINE_END);) {
                if (has_class(*x->at, LINE_END))
                    skip_line_end(x);
                else
                    x->at++;
            }
        } else if (has_class(*x->at, LINE_END)) {
            skip_line_end(x);
        } else {
            x->at++;
        }
    }
    x->at += x->at < x->end;
}

/* Skips a numeral as Lua does: digits, letters and points, and a sign behind
 * the mark of an exponent. */
static void skip_number(struct lexer *x)
{
    bool is_hex = x->at + 1 < x->end && (x->at[1] | 32) == 'x';
    char mark = is_hex ? 'p' : 'e';
    while (x->at < x->end &&
           (has_class(*x->at, LETTER | DIGIT) || *x->at == '.')) {
        bool is_mark = (*x->at | 32) == mark;
        x->at++;
        if (is_mark && x->at < x->end && (*x->at == '+' || *x->at == '-'))
            x->at++;
    }
}

static enum token_kind kind_of_word(const char *word, size_t n)
{
    static const struct {
        const char *word;
        enum token_kind kind;
    } keywords[] = {
        {"and", TOKEN_AND},
        {"break", TOKEN_KEYWORD},
        {"do", TOKEN_DO},
        {"else", TOKEN_KEYWORD},
        {"elseif", TOKEN_KEYWORD},
        {"end", TOKEN_END_KEYWORD},
        {"false", TOKEN_VALUE},
        {"for", TOKEN_KEYWORD},
        {"function", TOKEN_FUNCTION},
        {"goto", TOKEN_KEYWORD},
        {"if", TOKEN_IF},
        {"in", TOKEN_KEYWORD},
        {"local", TOKEN_LOCAL},
        {"nil", TOKEN_VALUE},
        {"not", TOKEN_VALUE},
        {"or", TOKEN_OR},
        {"repeat", TOKEN_REPEAT},
        {"return", TOKEN_RETURN},
        {"then", TOKEN_KEYWORD},
        {"true", TOKEN_VALUE},
        {"until", TOKEN_UNTIL},
        {"while", TOKEN_KEYWORD},
    };
    if (n < 2 || n > 8)
        return TOKEN_NAME;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (keywords[i].word[0] == word[0] && keywords[i].word[1] == word[1] &&
            strncmp(keywords[i].word, word, n) == 0 &&
            keywords[i].word[n] == '\0')
            return keywords[i].kind;
    return TOKEN_NAME;
}

/* Returns the length of the operator at `s`. */
static size_t operator_length(const char *s, const char *end)
{
    size_t room = (size_t)(end - s);
    if (room >= 2 && s[0] == '.' && s[1] == '.')
        return room >= 3 && s[2] == '.' ? 3 : 2;
    static const char pairs[][3] = {
        "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};
    for (size_t i = 0; room >= 2 && i < sizeof pairs / sizeof *pairs; i++)
        if (s[0] == pairs[i][0] && s[1] == pairs[i][1])
            return 2;
    return 1;
}

static enum token_kind skip_token(struct lexer *x)
{
    const char *start = x->at;
    if (has_class(*start, LETTER)) {
        while (x->at < x->end && has_class(*x->at, LETTER | DIGIT))
            x->at++;
        return kind_of_word(start, (size_t)(x->at - start));
    }
    bool digit_follows = x->at + 1 < x->end && has_class(start[1], DIGIT);
    if (has_class(*start, DIGIT) || (*start == '.' && digit_follows)) {
        skip_number(x);
        return TOKEN_NUMBER;
    }
    if (*start == '"' || *start == '\'') {
        skip_quoted(x);
        return TOKEN_STRING;
    }
    int level = *start == '[' ? long_bracket_level(start, x->end) : -1;
    if (level >= 0) {
        skip_long(x, level);
        return TOKEN_STRING;
    }
    x->at += operator_length(start, x->end);
    return TOKEN_OTHER;
}

struct token lexer_next(struct lexer *x)
{
    skip_blanks(x);
    struct token token = {.kind = TOKEN_END, .text = x->at};
    if (x->at < x->end) {
        token.kind = skip_token(x);
        token.n = (size_t)(x->at - token.text);
        if (token.kind == TOKEN_OTHER && token.n == 1)
            token.character = *token.text;
    }
    token.line = x->line;
    return token;
}
