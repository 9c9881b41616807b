import EmulatedFineTuning
import Foundation
import Recipes

/// Where the small tuned model and the up-scaled one agree, and what speculation makes of it.
///
/// Source: Mitchell et al. 2023, arXiv:2310.12962, section 5 and the figure of shaded tokens.
struct AgreementStudy {
    let run: StudyRun
    let system: String
    let prompts: String
    let replies: Int
    let blocks: [Int]

    func result() async throws -> FigureResult {
        let (journal, records, _) = try Journal<AgreementRecord>.open(run.path("agreement.jsonl"))
        guard let point = run.points.first(where: { $0.name == system }),
            let set = run.study.prompts.first(where: { $0.name == prompts })
        else {
            throw StudyError.unknownName(
                system, kind: "system", at: "agreement", known: run.points.map(\.name))
        }
        let loader = SystemLoader(parallel: 1, threads: run.study.threads)
        var files: [String: String] = [:]
        let recipe = try loader.recipe(point.declaration.recipe)
        let lines = PromptSet.spread(set.lines, replies)
        let systemKey = try SystemKey(point, recipe, files: &files)
        let generation = run.study.generation ?? recipe.defaults
        let key = StableHash(
            lines.map {
                systemKey.reply($0, seed: run.study.seeds[0], generation, drafting: true)
            }
                + blocks.map { "\($0)" }
        ).text
        if let known = records.last(where: { $0.key == key }) { return figure(known) }
        run.note("agreement: \(lines.count) replies token by token, then the speed of decoding")
        let record = try await measure(
            try await loader.system(point.declaration.recipe), point, lines, key)
        try journal.append(record)
        return figure(record)
    }

    private func measure(
        _ system: LoadedSystem, _ point: SystemPoint, _ lines: [DataLine], _ key: String
    ) async throws -> AgreementRecord {
        var record = AgreementRecord(
            key: key, replies: [], plain: .nan, agreement: .nan, blocks: [])
        let requests = try lines.map {
            try system.request($0, point, seed: run.study.seeds[0], run.study)
        }
        for (line, request) in zip(lines, requests) {
            var request = request
            request.attributions = true
            request.speculation = .off
            record.replies.append(
                .init(
                    question: line.question,
                    tokens: try await system.engine.attributedTokens(of: request)))
        }
        let speeds = DecodingSpeed(system.engine, requests)
        let plain = try await speeds.measure(.off)
        record.plain = plain.tokensPerSecond
        guard !blocks.isEmpty, let prediction = try await speeds.prediction(blocks, after: plain)
        else { return record }
        record.agreement = prediction.agreement
        for block in blocks {
            record.blocks.append(
                .init(
                    length: block, predicted: prediction.tokensPerSecond(block: block),
                    measured: try await speeds.measure(.block(block)).tokensPerSecond))
        }
        return record
    }

    private func figure(_ record: AgreementRecord) -> FigureResult {
        var result = FigureResult(
            kind: "agreement", title: "Where tuned model and composite agree",
            lead:
                "Each token is shaded by the total variation distance between the small tuned model "
                + "and the composite at its place. Where they are far apart, the token that gains and "
                + "the one that loses the most probability are named.")
        let distances = record.replies.flatMap(\.tokens).map(\.distance)
        var counts = Array(repeating: 0, count: 10)
        for distance in distances { counts[min(9, max(0, Int(distance * 10)))] += 1 }
        result.charts = [
            .histogram(
                title: "Tokens by total variation distance", name: "total variation distance",
                counts: counts)
        ]
        let mean = distances.reduce(0, +) / Double(max(1, distances.count))
        result.findings = [
            .init(
                name: "mean total variation distance", estimate: nil,
                text: mean.text(isShare: false)),
            .init(
                name: "tokens with a distance below 0.1", estimate: nil,
                text:
                    "\((Double(counts[0]) / Double(max(1, distances.count))).text(isShare: true)) %"
            ),
            .init(
                name: "tokens that the draft would have said itself", estimate: nil,
                text: "\(record.agreement.text(isShare: true)) %"),
            .init(
                name: "plain decoding", estimate: nil,
                text: "\(Int(record.plain.rounded())) tokens/s"),
        ]
        for block in record.blocks {
            result.findings.append(
                .init(
                    name: "blocks of \(block.length)", estimate: nil,
                    text: "\(Int(block.measured.rounded())) tokens/s, predicted "
                        + "\(Int(block.predicted.rounded())); measured/predicted "
                        + (block.measured / block.predicted).text(isShare: false)))
        }
        result.page = ShadedReplies.html(record.replies)
        return result
    }
}

/// Replies with their tokens shaded.
enum ShadedReplies {
    /// From this distance on the changed tokens are named.
    static let named = 0.3

    static func html(_ replies: [AgreementRecord.Reply]) -> String {
        replies.map { reply in
            "<div class=\"reply\"><p class=\"faint\">\(reply.question.escapedForHTML)</p>"
                + "<p class=\"said\">\(reply.tokens.map(span).joined())</p></div>"
        }.joined(separator: "\n")
    }

    private static func span(_ token: AgreementRecord.Token) -> String {
        let distance = String(format: "%.2f", token.distance)
        let change = [
            token.raised.map { "▲\($0)" }, token.lowered.map { "▼\($0)" },
        ].compactMap { $0 }.joined(separator: " ")
        let title = "distance \(distance)\(change.isEmpty ? "" : ", \(change)")"
        let shade = "rgba(var(--shade),\(String(format: "%.2f", token.distance * 0.7)))"
        let name =
            token.distance >= named && !change.isEmpty
            ? "<small> \(change.escapedForHTML) </small>" : ""
        return "<span class=\"t\" style=\"background:\(shade)\" title=\"\(title.escapedForHTML)\">"
            + "\(token.text.escapedForHTML)</span>\(name)"
    }
}

extension Engine {
    /// A reply's tokens with what the members say about them.
    func attributedTokens(
        of request: GenerationRequest
    ) async throws -> [AgreementRecord.Token] {
        let vocabulary = composite.vocabulary
        return try await generate(request).collect().tokens.map { token in
            .init(
                text: vocabulary.display(token.id),
                distance: token.attribution?.totalVariation ?? 0,
                raised: token.attribution?.raised.map(vocabulary.display),
                lowered: token.attribution?.lowered.map(vocabulary.display))
        }
    }
}
