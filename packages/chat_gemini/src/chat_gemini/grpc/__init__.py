"""Gemini over gRPC: `GeminiBuilder().with_transport(GrpcTransport())`."""

from chat_gemini.grpc.transport import GrpcTransport

__all__ = ["GrpcTransport"]
