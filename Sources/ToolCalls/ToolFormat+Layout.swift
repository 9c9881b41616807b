public import Grammars
import JSONValues

extension ToolFormat {
    /// Calls in a reply at most, where a grammar makes it call.
    private static let most = 16

    /// A reply that calls tools, and says nothing else.
    ///
    /// - Parameters:
    ///   - tools: at least one.
    ///   - severalCalls: whether it may call more than once.
    public func layout(_ tools: [Tool], severalCalls: Bool) -> Layout {
        switch body {
        case .named(let separator):
            let calls = tools.map { tool in
                Layout.sequence([
                    .text(opening + tool.name + separator), .value(Self.schema(tool)),
                    .text(closing),
                ])
            }
            return severalCalls
                ? .repeated(.choice(calls), atMost: Self.most) : .choice(calls)
        case .object(let nameKey, let argumentsKey, let isList):
            let calls = Layout.choice(
                tools.map { Self.object($0, nameKey, argumentsKey) })
            if isList {
                let more = Layout.sequence([.text(","), .space, calls])
                let several = Layout.choice([
                    .text("]"),
                    .sequence([.repeated(more, atMost: Self.most - 1), .text("]")]),
                ])
                return .sequence([
                    .text(opening + "["), calls, severalCalls ? several : .text("]"),
                    .text(closing),
                ])
            }
            let one = Layout.sequence([
                .text(opening), .space, calls, .space, .text(closing),
            ])
            // Without marks, what follows a call is not read as another.
            guard severalCalls, !opening.isEmpty else { return opening.isEmpty ? calls : one }
            let more = Layout.sequence([.space, one])
            return .choice([
                one, .sequence([one, .repeated(more, atMost: Self.most - 1)]),
            ])
        }
    }

    private static func schema(_ tool: Tool) -> JSON {
        tool.parameters ?? .object([.init(key: "type", value: .text("object"))])
    }

    /// `{"name": "NAME", "arguments": {…}}`
    private static func object(
        _ tool: Tool, _ nameKey: String, _ argumentsKey: String
    ) -> Layout {
        func quoted(_ text: String) -> Layout { .text(JSON.text(text).text) }
        return .sequence([
            .text("{"), .space, quoted(nameKey), .text(":"), .space, quoted(tool.name), .text(","),
            .space, quoted(argumentsKey), .text(":"), .space, .value(schema(tool)), .space,
            .text("}"),
        ])
    }
}
