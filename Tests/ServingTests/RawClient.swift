import NIOCore
import NIOPosix
import Synchronization

/// A connection that sends raw bytes and collects what comes back.
final class RawClient: Sendable {
    private let received: EventLoopFuture<String>
    private let reading: Reading
    private let channel: any Channel

    init(port: Int) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: String.self)
        received = promise.futureResult
        let reading = Reading()
        self.reading = reading
        channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(promise, reading))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async throws { try await channel.close() }

    /// What the server has sent so far.
    var text: String { reading.text.withLock { $0 } }

    /// Everything that the server sent, once it has closed the connection.
    var all: String { get async throws { try await received.get() } }

    private final class Reading: Sendable {
        let text = Mutex("")
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<String>
        private let reading: Reading

        init(_ promise: EventLoopPromise<String>, _ reading: Reading) {
            self.promise = promise
            self.reading = reading
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let piece = String(buffer: unwrapInboundIn(data))
            reading.text.withLock { $0 += piece }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(reading.text.withLock { $0 })
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
