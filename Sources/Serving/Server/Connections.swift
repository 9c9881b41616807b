import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The handlers to call when a client has gone.
final class Connections: Sendable {
    private let handlers = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    /// Runs a handler when a connection is closed before ``forget(_:)`` is called for it.
    ///
    /// A connection carries one request at a time.
    func onClose(of channel: any Channel, _ handler: @escaping @Sendable () -> Void) {
        handlers.withLock { $0[ObjectIdentifier(channel)] = handler }
        // It may have been closed before there was a handler. Channels without a parent have no
        // socket: those of tests.
        if !channel.isActive, channel.parent != nil { closed(channel) }
    }

    func forget(_ channel: any Channel) {
        _ = handlers.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    fileprivate func closed(_ channel: any Channel) {
        handlers.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }?()
    }

    /// Requests whose clients are watched.
    var count: Int { handlers.withLock(\.count) }
}

/// Watches one connection: a client that closes its side has given up, and a response that says
/// `Connection: close`, or that is complete before its request, is the last.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The wish to tell a client that its body is awaited.
    struct Continue: Sendable {}

    /// How long a client may keep sending a body that we ignore, so that it gets to read the answer.
    static let lingering = TimeAmount.seconds(2)

    private let connections: Connections
    private var isLast = false
    /// Whether the whole request has come.
    private var isReceived = true

    init(_ connections: Connections) { self.connections = connections }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isReceived = false
        case .end: isReceived = true
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.closed(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is Continue else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        // A client that has sent its body meanwhile did not wait.
        guard !isReceived else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: promise)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): isLast = head.headerFields[.connection] == "close"
        case .end where isLast || !isReceived:
            let channel = context.channel
            context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        default: break
        }
        context.write(data, promise: promise)
    }
}
