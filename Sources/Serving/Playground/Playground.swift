/// The page at `/`: a chat with the recipes, next to their members alone.
///
/// Its files are part of the program. They need no key. Their requests to the API do, and the user types
/// it in.
enum Playground {
    static let files = [
        StaticFile("/", .html, PackageResources.index_html),
        StaticFile("/playground/style.css", .css, PackageResources.style_css),
        StaticFile("/playground/icon.svg", .svg, PackageResources.icon_svg),
        StaticFile("/playground/answer.js", .script, PackageResources.answer_js),
        StaticFile("/playground/api.js", .script, PackageResources.api_js),
        StaticFile("/playground/blocks.js", .script, PackageResources.blocks_js),
        StaticFile("/playground/candidates.js", .script, PackageResources.candidates_js),
        StaticFile("/playground/controls.js", .script, PackageResources.controls_js),
        StaticFile("/playground/conversation.js", .script, PackageResources.conversation_js),
        StaticFile("/playground/details.js", .script, PackageResources.details_js),
        StaticFile("/playground/dom.js", .script, PackageResources.dom_js),
        StaticFile("/playground/earlier.js", .script, PackageResources.earlier_js),
        StaticFile("/playground/examples.js", .script, PackageResources.examples_js),
        StaticFile("/playground/export.js", .script, PackageResources.export_js),
        StaticFile("/playground/fence.js", .script, PackageResources.fence_js),
        StaticFile("/playground/inline.js", .script, PackageResources.inline_js),
        StaticFile("/playground/key.js", .script, PackageResources.key_js),
        StaticFile("/playground/main.js", .script, PackageResources.main_js),
        StaticFile("/playground/markdown.js", .script, PackageResources.markdown_js),
        StaticFile("/playground/marks.js", .script, PackageResources.marks_js),
        StaticFile("/playground/reply.js", .script, PackageResources.reply_js),
        StaticFile("/playground/room.js", .script, PackageResources.room_js),
        StaticFile("/playground/settings.js", .script, PackageResources.settings_js),
        StaticFile("/playground/tokens.js", .script, PackageResources.tokens_js),
        StaticFile("/playground/words.js", .script, PackageResources.words_js),
    ]
}
