// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "emulated-fine-tuning",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "EmulatedFineTuning", targets: ["EmulatedFineTuning"]),
        .library(name: "ChatTemplates", targets: ["ChatTemplates"]),
        .library(name: "Grammars", targets: ["Grammars"]),
        .library(name: "ToolCalls", targets: ["ToolCalls"]),
        .library(name: "LlamaBackend", targets: ["LlamaBackend"]),
        .library(name: "RemoteBackend", targets: ["RemoteBackend"]),
        .library(name: "StringScores", targets: ["StringScores"]),
        .library(name: "Recipes", targets: ["Recipes"]),
        .library(name: "Serving", targets: ["Serving"]),
        .library(name: "Studies", targets: ["Studies"]),
        .executable(name: "eft", targets: ["eft"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.24.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.16.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLlama", pkgConfig: "llama", providers: [.brew(["llama.cpp"])]),
        .target(
            name: "EmulatedFineTuning",
            dependencies: [.product(name: "RealModule", package: "swift-numerics")],
            swiftSettings: settings),
        .target(name: "JSONValues", swiftSettings: settings),
        .target(
            name: "ChatTemplates", dependencies: ["JSONValues"],
            resources: [
                .embedInCode("Texts/chatml.jinja"), .embedInCode("Texts/falcon.jinja"),
                .embedInCode("Texts/llama-2.jinja"), .embedInCode("Texts/vicuna.jinja"),
            ], swiftSettings: settings),
        .target(name: "Grammars", dependencies: ["JSONValues"], swiftSettings: settings),
        .target(
            name: "StringScores",
            dependencies: [
                "EmulatedFineTuning", .product(name: "RealModule", package: "swift-numerics"),
            ],
            exclude: ["NOTES.md"], swiftSettings: settings),
        .target(
            name: "ToolCalls", dependencies: ["ChatTemplates", "Grammars", "JSONValues"],
            swiftSettings: settings),
        .target(
            name: "LlamaBackend", dependencies: ["CLlama", "ChatTemplates", "EmulatedFineTuning"],
            swiftSettings: settings),
        .target(
            name: "RemoteBackend",
            dependencies: [
                "EmulatedFineTuning",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "Recipes",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "Grammars", "JSONValues", "LlamaBackend",
                "RemoteBackend", "StringScores", "ToolCalls",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Serving",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "Grammars", "JSONValues", "LlamaBackend",
                "Recipes", "ToolCalls",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [
                .embedInCode("Resources/openapi.yaml"),
                .embedInCode("Resources/playground/index.html"),
                .embedInCode("Resources/playground/style.css"),
                .embedInCode("Resources/playground/icon.svg"),
                .embedInCode("Resources/playground/answer.js"),
                .embedInCode("Resources/playground/api.js"),
                .embedInCode("Resources/playground/blocks.js"),
                .embedInCode("Resources/playground/candidates.js"),
                .embedInCode("Resources/playground/controls.js"),
                .embedInCode("Resources/playground/conversation.js"),
                .embedInCode("Resources/playground/details.js"),
                .embedInCode("Resources/playground/dom.js"),
                .embedInCode("Resources/playground/earlier.js"),
                .embedInCode("Resources/playground/examples.js"),
                .embedInCode("Resources/playground/export.js"),
                .embedInCode("Resources/playground/fence.js"),
                .embedInCode("Resources/playground/inline.js"),
                .embedInCode("Resources/playground/key.js"),
                .embedInCode("Resources/playground/main.js"),
                .embedInCode("Resources/playground/markdown.js"),
                .embedInCode("Resources/playground/marks.js"),
                .embedInCode("Resources/playground/reply.js"),
                .embedInCode("Resources/playground/room.js"),
                .embedInCode("Resources/playground/settings.js"),
                .embedInCode("Resources/playground/tokens.js"),
                .embedInCode("Resources/playground/words.js"),
            ], swiftSettings: settings),
        .target(
            name: "Studies",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "LlamaBackend", "Recipes",
                "RemoteBackend",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "RealModule", package: "swift-numerics"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [
                .embedInCode("Resources/judge-helpfulness.txt"),
                .embedInCode("Resources/judge-factual-errors.txt"),
                .embedInCode("Resources/judge-harmfulness.txt"),
                .embedInCode("Resources/judge-pairwise.txt"),
                .embedInCode("Resources/judge-again.txt"),
                .embedInCode("Resources/code-judge.py"),
                .embedInCode("Resources/code-runner.py"),
                .embedInCode("Resources/report.css"),
                .embedInCode("Resources/example-study.yaml"),
                .embedInCode("Resources/example-recipe.yaml"),
                .embedInCode("Resources/example-prompts.py"),
            ], swiftSettings: settings),
        .executableTarget(
            name: "eft",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "Grammars", "JSONValues", "LlamaBackend",
                "Recipes", "RemoteBackend", "Serving", "StringScores", "Studies",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["EmulatedFineTuning"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "EmulatedFineTuningTests", dependencies: ["EmulatedFineTuning", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatTemplatesTests",
            dependencies: ["ChatTemplates", "JSONValues", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GrammarsTests", dependencies: ["Grammars", "JSONValues", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "StringScoresTests",
            dependencies: [
                "EmulatedFineTuning", "StringScores", "TestSupport",
                .product(name: "RealModule", package: "swift-numerics"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ToolCallsTests",
            dependencies: ["ChatTemplates", "Grammars", "JSONValues", "ToolCalls"],
            swiftSettings: settings),
        .testTarget(
            name: "LlamaBackendTests",
            dependencies: [
                "CLlama", "ChatTemplates", "EmulatedFineTuning", "LlamaBackend", "StringScores",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RemoteBackendTests",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "LlamaBackend", "Recipes", "RemoteBackend",
                "Serving",
                "TestSupport", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Exchanges"], swiftSettings: settings),
        .testTarget(
            name: "RecipesTests",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "Grammars", "LlamaBackend", "Recipes",
                "RemoteBackend", "StringScores", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "JSONValues", "LlamaBackend", "Recipes",
                "Serving", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Wire"], swiftSettings: settings),
        .testTarget(
            name: "StudiesTests",
            dependencies: [
                "ChatTemplates", "EmulatedFineTuning", "LlamaBackend", "Recipes", "Studies",
                "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "eftTests", dependencies: ["eft", "TestSupport"], exclude: ["Help"],
            swiftSettings: settings),
    ]
)
