// Renders templates with the Jinja engine of llama.cpp (common/jinja), one JSON line in, one out.
//
// In: {"template", "context", "now"}. Out: {"text"} or {"error"}. It may crash or hang on hostile templates:
// compare.py starts it again.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>

#include "json.h"

#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"

// common/json.cpp asserts through ggml, which is not linked.
extern "C" void ggml_abort(const char * file, int line, const char * format, ...) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, format);
    std::abort();
}

static common_json render(const common_json & request) {
    const std::string text = request.at("template").get<std::string>();
    common_json answer = common_json::object();
    try {
        jinja::lexer lexer;
        jinja::program program = jinja::parse_from_tokens(lexer.tokenize(text));
        jinja::context context(text);
        std::tm clock{};
        strptime(request.at("now").get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%S", &clock);
        clock.tm_isdst = -1;
        context.current_time = std::mktime(&clock);
        jinja::global_from_json(context, request.at("context"), true);
        jinja::runtime runtime(context);
        const jinja::value results = runtime.execute(program);
        std::string rendered;
        for (const auto & part : runtime.gather_string_parts(results)->as_string().parts) {
            rendered += part.val;
        }
        answer["text"] = rendered;
    } catch (const std::exception & error) {
        answer["error"] = std::string(error.what());
    }
    return answer;
}

int main() {
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::cout << render(common_json::parse(line)).dump_safe() << '\n' << std::flush;
    }
    return 0;
}
