import NIOCore
import NIOPosix

/// A connection that sends raw bytes and collects what comes back.
final class RawClient: Sendable {
    private let received: EventLoopFuture<String>
    private let channel: any Channel

    init(port: Int) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: String.self)
        received = promise.futureResult
        channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(promise))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async throws { try await channel.close() }

    /// Everything that the server sent, once it has closed the connection.
    var all: String { get async throws { try await received.get() } }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var text = ""
        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
