"""A stand-in for the hosts' ``modules``, written from what AUTOMATIC1111 1.10.1 and Forge were seen to do.

It keeps their order of hooks, their habit of swallowing what a hook raises, what ``p.init`` does with a mask, one
``p`` for all files of a batch, and the final composite. Sampling is noise under the mask.
"""
