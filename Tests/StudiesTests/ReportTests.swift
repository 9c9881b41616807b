import Foundation
import Testing

@testable import Studies

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    private static let estimate = Estimate(value: 0.5, low: 0.4, high: 0.6, count: 10)

    static let charts: [Chart] = [
        .intervals(
            title: "a < b & \"c\"", isShare: true,
            rows: [
                Chart.Row(label: "one & two", estimate: estimate),
                Chart.Row(label: "x", estimate: Estimate(value: 0, low: 0, high: 0, count: 1)),
            ]),
        .plane(
            title: "plane", x: Chart.Axis(name: "λ", isShare: false),
            y: Chart.Axis(name: "y", isShare: true),
            series: [
                Chart.Series(
                    name: "s",
                    points: [
                        Chart.Point(x: .exact(0), y: estimate, label: "0"),
                        Chart.Point(x: .exact(1), y: .exact(0.9), label: "1"),
                    ])
            ], references: [Chart.Reference(name: "r", value: 0.95)]),
        .plane(
            title: "one point", x: Chart.Axis(name: "x", isShare: false),
            y: Chart.Axis(name: "y", isShare: false),
            series: [
                Chart.Series(
                    name: "s", points: [Chart.Point(x: .exact(1), y: .exact(1), label: "")])
            ],
            references: []),
        .plane(
            title: "nothing", x: Chart.Axis(name: "x", isShare: false),
            y: Chart.Axis(name: "y", isShare: false), series: [], references: []),
        .histogram(title: "h", name: "distance", counts: [5, 0, 1]),
        .histogram(title: "h", name: "distance", counts: [0, 0]),
    ]

    @Test("every chart is well-formed XML, alone and in the page", arguments: charts.indices)
    func everyChartIsWellFormed(_ index: Int) {
        for text in [Self.charts[index].svg, Self.charts[index].standaloneSVG] {
            let parser = XMLParser(data: Data(text.utf8))
            #expect(parser.parse(), "\(String(describing: parser.parserError)): \(text)")
            #expect(!text.contains("nan") && !text.contains("inf\""))
        }
    }

    @Test("ticks are round numbers around the values")
    func ticksAreRound() {
        #expect(
            Scale([0, 1], from: 0, to: 1).ticks.map { ($0 * 100).rounded() / 100 } == [0, 0.5, 1])
        let scale = Scale([3.2, 17.9], from: 100, to: 200)
        #expect(scale.ticks == [0, 5, 10, 15, 20])
        #expect(scale(0) == 100 && scale(20) == 200 && scale(10) == 150 && scale(1000) == 200)
    }

    @Test("text from replies cannot become markup")
    func textCannotBecomeMarkup() {
        #expect("<script>'&\"\u{1}".escapedForHTML == "&lt;script&gt;&#39;&amp;&quot;\u{fffd}")
        let token = AgreementRecord.Token(text: "<b>", distance: 0.9, raised: "<i>", lowered: nil)
        let html = ShadedReplies.html([.init(question: "<q>", tokens: [token])])
        #expect(!html.contains("<b>") && !html.contains("<i>") && !html.contains("<q>"))
        #expect(html.contains("▲&lt;i&gt;"))
    }

    @Test("tokens are named where the distributions are far apart, and only there")
    func tokensAreNamed() {
        func html(_ distance: Double) -> String {
            ShadedReplies.html([
                .init(
                    question: "q",
                    tokens: [.init(text: "x", distance: distance, raised: "a", lowered: "b")])
            ])
        }
        #expect(html(0.9).contains("<small> ▲a ▼b </small>"))
        #expect(!html(0.1).contains("<small>"))
    }
}
