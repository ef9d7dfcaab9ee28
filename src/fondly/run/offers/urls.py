from django.urls import path

from fondly.run.offers import views

urlpatterns = [
    path("c/<int:client_id>/offer", views.offer_new, name="client-offer"),
    path("offers/<int:offer_id>", views.offer, name="offer"),
    path("offers/<int:offer_id>/approve", views.approve, name="offer-approve"),
    path("offers/<int:offer_id>/decline", views.decline, name="offer-decline"),
]
